package checks

// negativeProtocols tells which tests prove the cases 1 to 21 and 59 to 92.
var negativeProtocols = map[int][]string{}
