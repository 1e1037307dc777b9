// One Helia node (the last line that runs on Node 20) driven by lines of JSON on stdin, one answer per line on stdout:
//   {"id":1,"call":"dial","args":["/ip4/…"]}  ->  {"id":1,"value":…} or {"id":1,"error":"…"}
// Blocks come by bitswap from connected peers only: no routing, no gateways. BLAKE3 is handed in as Helia's own option
// for hash functions (`hashers`); hash-wasm computes it.
import './polyfill.mjs'
import readline from 'node:readline'
import { createHash } from 'node:crypto'
import { Helia } from '@helia/utils'
import { bitswap } from '@helia/block-brokers'
import { libp2pRouting } from '@helia/routers'
import { unixfs } from '@helia/unixfs'
import { createLibp2p } from 'libp2p'
import { tcp } from '@libp2p/tcp'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryBlockstore } from 'blockstore-core'
import { MemoryDatastore } from 'datastore-core'
import { CarReader } from '@ipld/car/reader'
import { CID } from 'multiformats/cid'
import { from } from 'multiformats/hashes/hasher'
import { createBLAKE3 } from 'hash-wasm'

const blake3 = await createBLAKE3()
const hasher = from({ name: 'blake3', code: 0x1e, encode: bytes => blake3.init().update(bytes).digest('binary') })
const libp2p = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify() },
  connectionMonitor: { enabled: false }
})
const blockstore = new MemoryBlockstore()
const helia = new Helia({
  libp2p,
  blockstore,
  datastore: new MemoryDatastore(),
  hashers: [hasher],
  blockBrokers: [bitswap()],
  routers: [libp2pRouting(libp2p)]
})
await helia.start()
const fs = unixfs(helia)

// The bytes that both sides know without sending them: SHA-256 in counter mode over a seed.
function * content (seed, size) {
  for (let i = 0; size > 0; i++) {
    const block = createHash('sha256').update(`${seed}/${i}`).digest().subarray(0, Math.min(32, size))
    size -= block.length
    yield block
  }
}
async function * pieces (seed, size) {
  let parts = []
  let length = 0
  for (const part of content(seed, size)) {
    parts.push(part)
    length += part.length
    if (length >= 1 << 18) { yield Buffer.concat(parts); parts = []; length = 0 }
  }
  yield Buffer.concat(parts)
}
const within = ms => ({ signal: AbortSignal.timeout(ms) })

const calls = {
  addresses: () => libp2p.getMultiaddrs().map(String),
  dial: async address => String((await libp2p.dial(multiaddr(address))).remotePeer),
  cat: async (cid, ms) => {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const part of fs.cat(CID.parse(cid), within(ms))) { hash.update(part); bytes += part.length }
    return { bytes, sha256: hash.digest('hex') }
  },
  block: async (cid, ms) => {
    const block = await helia.blockstore.get(CID.parse(cid), within(ms))
    return { bytes: block.length, sha256: createHash('sha256').update(block).digest('hex') }
  },
  blocks: async (cids, ms) => {
    const got = await Promise.all(cids.map(cid => helia.blockstore.get(CID.parse(cid), within(ms))))
    return got.reduce((sum, block) => sum + block.length, 0)
  },
  add: async (seed, size) => String(await fs.addByteStream(pieces(seed, size))),
  addRaw: async text => String(await fs.addBytes(Buffer.from(text))),
  addFolder: async count => {
    const files = [{ path: 'top.txt', content: Buffer.from('top') }]
    for (let i = 0; i < count; i++) files.push({ path: `a/b/${i}`, content: Buffer.from(`${i}`) })
    let last
    for await (const entry of fs.addAll(files, { wrapWithDirectory: true })) last = entry.cid
    return String(last)
  },
  car: async path => {
    const { readFile } = await import('node:fs/promises')
    const reader = await CarReader.fromBytes(await readFile(path))
    for await (const { cid, bytes } of reader.blocks()) await blockstore.put(cid, bytes)
    return (await reader.getRoots()).map(String)
  },
  connections: () => libp2p.getConnections().length
}
const say = message => process.stdout.write(JSON.stringify(message) + '\n')
say({ id: 0, value: String(libp2p.peerId) })
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, call, args } = JSON.parse(line)
  Promise.resolve().then(() => calls[call](...(args ?? [])))
    .then(value => say({ id, value }), error => say({ id, error: String(error?.stack ?? error) }))
}
await helia.stop()
process.exit(0)
