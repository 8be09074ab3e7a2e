package checks

// negativeWire tells which tests prove the cases 22 to 58.
var negativeWire = map[int][]string{}
