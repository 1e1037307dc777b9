// js-libp2p's gossipsub in the shape of benchmarks/Gossip: 20 nodes in one process over loopback TCP, noise and yamux, six
// neighbours each, 256-byte messages. Arguments: messages paced, messages in a burst. One JSON line for each.
import './polyfill.mjs'
const { createLibp2p } = await import('libp2p')
const { tcp } = await import('@libp2p/tcp')
const { noise } = await import('@chainsafe/libp2p-noise')
const { yamux } = await import('@chainsafe/libp2p-yamux')
const { identify } = await import('@libp2p/identify')
const { gossipsub } = await import('@libp2p/gossipsub')
const N = 20
const TOPIC = 'bench'
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const create = () => createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, emitSelf: false }) },
  connectionMonitor: { enabled: false },
  connectionManager: { maxConnections: 1000, inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 }
})
const nodes = []
for (let j = 0; j < N; j++) nodes.push(await create())
let seen = new Set()
let latencies = []
let repeated = 0
let last = 0
nodes.forEach((node, j) => {
  node.services.pubsub.subscribe(TOPIC)
  node.services.pubsub.addEventListener('message', event => {
    const data = Buffer.from(event.detail.data)
    const key = j + ':' + data.readUInt32LE(0)
    if (seen.has(key)) { repeated++; return }
    seen.add(key)
    last = performance.now()
    latencies.push(last - data.readDoubleLE(8))
  })
})
for (const step of [1, 4, 9]) for (let j = 0; j < N; j++) await nodes[j].dial(nodes[(j + step) % N].getMultiaddrs())
await sleep(5000) // heartbeats build the mesh
const counts = process.argv.slice(2).map(Number)
for (const [op, messages, gap] of [['gossip-paced', counts[0] || 1000, 10], ['gossip-burst', counts[1] || 2000, 0]]) {
  if (counts[gap ? 0 : 1] === 0) continue
  seen = new Set()
  latencies = []
  const cpu = process.cpuUsage()
  const begin = performance.now()
  for (let m = 0; m < messages; m++) {
    const data = Buffer.alloc(256)
    data.writeUInt32LE(m)
    data.writeDoubleLE(performance.now(), 8)
    await nodes[m % N].services.pubsub.publish(TOPIC, data)
    if (gap) await sleep(gap)
  }
  const wanted = messages * (N - 1)
  for (let i = 0; i < 1600 && latencies.length < wanted; i++) await sleep(25)
  const used = process.cpuUsage(cpu)
  const sorted = latencies.slice().sort((a, b) => a - b)
  const at = share => sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : 0
  console.log(JSON.stringify({
    peer: 'js-libp2p', op, nodes: N, messages, delivered_pct: 100 * latencies.length / wanted, repeated,
    p50_ms: at(0.5), p99_ms: at(0.99), seconds: (last - begin) / 1000, cpu_s: (used.user + used.system) / 1e6
  }))
}
process.exit(0)
