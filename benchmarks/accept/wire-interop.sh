# Other people's programs: js-libp2p, Helia, avahi and wireguard-go run beside a node of ours, and what each test says
# holds. OMEGA_FULL=1 carries 64 MiB on each of the 100 streams, and 1 GiB through the tunnel.
need node nodejs
need npm npm
(cd "$root/tests/Interop/js" && ./install.sh >&2)
build_tests
js=FullyQualifiedName~JsLibp2pTests
proven js-noise Interop "$js.WeDial|$js.JsDials|$js.AnotherPeer" "both dial: noise, identify, ping"
proven js-yamux Interop "$js.HundredStreams|$js.OneLarge" "both dial: 100 streams, 64 MiB each way"
proven js-identify-push Interop "$js.IdentifyIsPushed" "both dial, both push"
proven js-goodbye Interop "$js.UnknownProtocol|$js.HangUp" "refusals and hanging up are understood"
proven js-gossip Interop "FullyQualifiedName~JsGossipTests" "5 + 5 nodes: all reached, none twice"
proven mdns EndToEnd "FullyQualifiedName~MdnsInteropTests" "js-libp2p and avahi find us, we them"
helia=FullyQualifiedName~HeliaTests
proven helia-reads-us Interop "$helia.Helia|$helia.Restarted" "64 MiB by UnixFS CID, chunks by raw CIDs"
proven helia-is-read Interop "$helia.WeFetch|$helia.Block" "64 MiB, a folder, a raw block"
proven car Interop "FullyQualifiedName~CarInteropTests" "archives of theirs and ours, both ways"
proven wireguard EndToEnd "FullyQualifiedName~WireGuardTests" "5 s without the tunnel, then complete"
