package checks

// ChannelBinding is for the tests outside of the package.
var ChannelBinding = channelBinding
