package lab

import (
	"fmt"
	"strings"
)

// The Test- commands conclude from the state: what is tested must be there.

func testServices(c *invocation) ([]any, error) {
	at, err := c.onServer("server", "identity")
	if err != nil {
		return nil, err
	}
	stopped := c.org.stopped[strings.ToLower(at.text("Name"))]
	var out []any
	for _, role := range list(at.get("Roles")) {
		name := serviceRoles[text(role)]
		if name == "" {
			return nil, fmt.Errorf("the role %s has no services here", text(role))
		}
		out = append(out, newItem("ServiceHealth", "Role", name, "RequiredServicesRunning", !stopped))
	}
	return out, nil
}

var serviceRoles = map[string]string{
	"client-access": "Client Access Server Role", "mailbox": "Mailbox Server Role", "hub-transport": "Hub Transport Server Role",
	"unified-messaging": "Unified Messaging Server Role", "edge-transport": "Edge Transport Server Role",
}

// testWeb logs a test mailbox on through a Client Access server.
func testWeb(c *invocation) ([]any, error) {
	c.used["testtype"] = true
	at, err := c.onServer("clientaccessserver")
	if err != nil {
		return nil, err
	}
	if !hasRole(at, "client-access") {
		return nil, fmt.Errorf("%s is not a Client Access server", at.text("Name"))
	}
	result := "Success"
	if c.org.stopped[strings.ToLower(at.text("Name"))] || !c.org.reaches(c.scope, at.text("Fqdn"), 443) {
		result = "Failure"
	}
	return []any{newItem("CasTransactionOutcome", "Scenario", "Logon", "Result", result)}, nil
}

// testStores logs on to the databases of a server, or to one mailbox.
func testStores(c *invocation) ([]any, error) {
	outcome := func(database string, mounted bool) any {
		result := "Success"
		if !mounted {
			result = "*FAILURE*"
		}
		return newItem("MapiTransactionOutcome", "Database", database, "Result", result)
	}
	if id, ok := c.identity(); ok {
		for _, v := range c.org.all("Mailbox") {
			if m := v.(*item); m.named(id) {
				return []any{outcome(m.text("Database"), c.org.server(m.text("ServerName")) != nil)}, nil
			}
		}
		return nil, notFound(id)
	}
	at, err := c.onServer("server")
	if err != nil {
		return nil, err
	}
	var out []any
	for _, v := range c.org.all("MailboxDatabase") {
		if d := v.(*item); sameText(d.get("Server"), at.text("Name")) {
			out = append(out, outcome(d.text("Name"), truth(d.get("Mounted"))))
		}
	}
	return out, nil
}

// testMailflow sends from one server's system mailbox to another place.
func testMailflow(c *invocation) ([]any, error) {
	from, err := c.onServer("identity")
	if err != nil {
		return nil, err
	}
	if !hasRole(from, "mailbox") {
		return nil, fmt.Errorf("%s is not a Mailbox server", from.text("Name"))
	}
	if _, err := c.onServer("targetmailboxserver"); err != nil {
		return nil, err
	}
	if to, ok := c.arg("targetemailaddress"); ok && len(keep(c.org.all("Mailbox"), func(o *item) bool { return o.named(to) })) == 0 {
		return []any{newItem("MailflowTask", "TestMailflowResult", "*FAILURE*", "MessageLatencyTime", nil)}, nil
	}
	result := "Success"
	if c.org.stopped[strings.ToLower(from.text("Name"))] {
		result = "*FAILURE*"
	}
	return []any{newItem("MailflowTask", "TestMailflowResult", result, "MessageLatencyTime", "00:00:02.0471820")}, nil
}

func testSMTP(c *invocation) ([]any, error) {
	at, err := c.onServer("identity")
	if err != nil {
		return nil, err
	}
	status := "Success"
	if !c.org.reaches(c.scope, at.text("Fqdn"), 25) {
		status = "UnableToConnect"
	}
	var out []any
	for _, v := range c.org.all("ReceiveConnector") {
		if r := v.(*item); sameText(r.get("Server"), at.text("Name")) {
			out = append(out, newItem("SmtpConnectivity", "ReceiveConnector", r.text("Name"), "StatusCode", status))
		}
	}
	return out, nil
}

func testMRS(c *invocation) ([]any, error) {
	at, err := c.onServer("identity")
	if err != nil {
		return nil, err
	}
	passed := hasRole(at, "client-access") && !c.org.stopped[strings.ToLower(at.text("Name"))]
	var out []any
	for _, check := range []string{"ServiceCheck", "RPCPingCheck", "QueueScanCheck"} {
		out = append(out, newItem("MRSHealth", "Check", check, "Passed", passed, "Message", "The Mailbox Replication Service is running."))
	}
	return out, nil
}

func testReplication(c *invocation) ([]any, error) {
	at, err := c.onServer("identity")
	if err != nil {
		return nil, err
	}
	member := false
	for _, v := range c.org.all("DatabaseAvailabilityGroup") {
		member = member || contains(v.(*item).get("Servers"), at.text("Name"))
	}
	if !member {
		return nil, fmt.Errorf("%s is not a member of a database availability group", at.text("Name"))
	}
	var out []any
	for _, check := range []string{"ClusterService", "ReplayService", "ActiveManager", "TasksRpcListener", "TcpListener", "DagMembersUp", "ClusterNetwork", "QuorumGroup"} {
		out = append(out, newItem("ReplicationHealth", "Check", check, "Result", "Passed", "Error", nil))
	}
	return out, nil
}
