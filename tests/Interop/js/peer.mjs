// One js-libp2p node driven by lines of JSON on stdin, one answer per line on stdout:
//   {"id":1,"call":"dial","args":["/ip4/…"]}  ->  {"id":1,"value":…} or {"id":1,"error":"…"}
import './polyfill.mjs'
import readline from 'node:readline'
const { createLibp2p } = await import('libp2p')
const { tcp } = await import('@libp2p/tcp')
const { noise } = await import('@chainsafe/libp2p-noise')
const { yamux } = await import('@chainsafe/libp2p-yamux')
const { identify, identifyPush } = await import('@libp2p/identify')
const { ping } = await import('@libp2p/ping')
const { multiaddr } = await import('@multiformats/multiaddr')
const { peerIdFromString } = await import('@libp2p/peer-id')

const wanted = process.argv.slice(2)
const services = { identify: identify(), push: identifyPush(), ping: ping() }
if (wanted.includes('gossip')) {
  const { gossipsub } = await import('@libp2p/gossipsub')
  services.pubsub = gossipsub({ allowPublishToZeroTopicPeers: true, emitSelf: false })
}
const peerDiscovery = []
if (wanted.includes('mdns')) {
  const { mdns } = await import('@libp2p/mdns')
  peerDiscovery.push(mdns({ interval: 1000 }))
}
const node = await createLibp2p({
  peerDiscovery,
  addresses: { listen: [wanted.find(word => word.startsWith('/')) ?? '/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services,
  connectionMonitor: { enabled: false }
})
const heard = []
node.services.pubsub?.addEventListener('message', event => heard.push(Buffer.from(event.detail.data).toString()))
const found = new Map()
node.addEventListener('peer:discovery', event => {
  found.set(String(event.detail.id), event.detail.multiaddrs.map(String))
})
const ECHO = '/omega-test/echo/1'
await node.handle(ECHO, async stream => {
  for await (const chunk of stream) if (!stream.send(chunk)) await stream.onDrain()
  await stream.close()
}, { maxInboundStreams: 500, maxOutboundStreams: 500 })

// Sends `size` bytes on each of `count` streams at once and checks the echo.
async function echo (connection, count, size) {
  const one = async seed => {
    const stream = await connection.newStream(ECHO, { maxOutboundStreams: 500 })
    const data = Buffer.alloc(size, seed % 251)
    let got = 0
    const reading = (async () => {
      for await (const chunk of stream) {
        const bytes = chunk.subarray()
        if (bytes.some(byte => byte !== seed % 251)) throw new Error('wrong byte')
        got += bytes.length
      }
    })()
    for (let at = 0; at < size; at += 65536) {
      if (!stream.send(data.subarray(at, at + 65536))) await stream.onDrain()
    }
    await stream.close()
    await reading
    return got
  }
  const results = await Promise.all(Array.from({ length: count }, (_, i) => one(i)))
  return results.reduce((sum, got) => sum + got, 0)
}

const calls = {
  addresses: () => node.getMultiaddrs().map(String),
  dial: async address => String((await node.dial(multiaddr(address))).remotePeer),
  ping: peer => node.services.ping.ping(peerIdFromString(peer)),
  identity: async peer => {
    const known = await node.peerStore.get(peerIdFromString(peer))
    return {
      agent: Buffer.from(known.metadata.get('AgentVersion') ?? []).toString(),
      protocols: known.protocols,
      addresses: known.addresses.map(a => String(a.multiaddr))
    }
  },
  echo: (peer, count, size) => echo(node.getConnections(peerIdFromString(peer))[0], count, size),
  join: topic => { node.services.pubsub.subscribe(topic); return true },
  mesh: topic => node.services.pubsub.getMeshPeers(topic).length,
  publish: async (topic, text) => { await node.services.pubsub.publish(topic, Buffer.from(text)); return true },
  heard: () => heard,
  found: () => Object.fromEntries(found),
  handle: async protocol => { await node.handle(protocol, stream => { stream.close() }); return true },
  muxer: peer => node.getConnections(peerIdFromString(peer))[0].multiplexer,
  connections: () => node.getConnections().length,
  hangUp: async peer => { await node.hangUp(peerIdFromString(peer)); return true }
}
const say = message => process.stdout.write(JSON.stringify(message) + '\n')
say({ id: 0, value: String(node.peerId) })
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, call, args } = JSON.parse(line)
  Promise.resolve().then(() => calls[call](...(args ?? [])))
    .then(value => say({ id, value }), error => say({ id, error: String(error?.stack ?? error) }))
}
await node.stop()
process.exit(0)
