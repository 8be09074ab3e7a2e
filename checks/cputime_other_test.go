//go:build !unix

package checks

import "time"

var benchmarkBegan = time.Now()

// cpuTime is the time that has passed: an idle machine is needed here.
func cpuTime() time.Duration { return time.Since(benchmarkBegan) }
