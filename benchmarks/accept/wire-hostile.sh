# Strangers at the port of a running daemon, and at every layer below it: bounded, named, and friends are served on.
build_tests
proven hostile-sockets EndToEnd "FullyQualifiedName~HostileSocketTests" "each attack ends within its bound"
proven hostile-layers Protocol "FullyQualifiedName~Omega.P2P.Protocol.Tests" "every layer refuses by name"
proven hostile-peers Federation "FullyQualifiedName~Omega.P2P.Federation.Tests" "liars, floods, stalls: named, bounded"
proven fuzz-corpus Fuzz "FullyQualifiedName~Omega.P2P.Fuzz.Tests" "seeds and corpus replayed, planted bugs found"
proven hostility-table House "FullyQualifiedName~HostilityTableTests" "every row of the table names its tests"
