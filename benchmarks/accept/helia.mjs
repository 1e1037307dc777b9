// One fetch by Helia 5 (bitswap over TCP, noise, yamux; blocks on disk) between two processes; prints seconds, the
// receiver's store synced. To be run from a folder that has the packages.
//   node helia.mjs FILE SCRATCH
import './polyfill.mjs'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { answer, child } from './children.mjs'

if (process.env.ROLE) {
  const [{ Helia }, { bitswap }, { libp2pRouting }, { unixfs }, { createLibp2p }, { tcp }, { noise }, { yamux },
    { identify }, { multiaddr }, { FsBlockstore }, { MemoryDatastore }, { CID }] = await Promise.all([
    '@helia/utils', '@helia/block-brokers', '@helia/routers', '@helia/unixfs', 'libp2p', '@libp2p/tcp',
    '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@libp2p/identify', '@multiformats/multiaddr',
    'blockstore-fs', 'datastore-core', 'multiformats/cid'].map(name => import(name)))
  let libp2p, files
  const verbs = {
    async start (dir) {
      libp2p = await createLibp2p({
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        services: { identify: identify() },
        connectionMonitor: { enabled: false }
      })
      const blockstore = new FsBlockstore(dir)
      await blockstore.open()
      const helia = new Helia({
        libp2p,
        blockstore,
        datastore: new MemoryDatastore(),
        blockBrokers: [bitswap()],
        routers: [libp2pRouting(libp2p)]
      })
      await helia.start()
      files = unixfs(helia)
      return String(libp2p.getMultiaddrs()[0])
    },
    async dial (address) { await libp2p.dial(multiaddr(address)) },
    async add (path) { return String(await files.addByteStream(fs.createReadStream(path, { highWaterMark: 1 << 20 }))) },
    async fetch (cid) {
      let bytes = 0
      for await (const part of files.cat(CID.parse(cid))) bytes += part.byteLength
      return bytes
    }
  }
  answer(verbs)
} else {
  const [file, scratch] = process.argv.slice(2)
  const [a, b] = [child(import.meta.url), child(import.meta.url)]
  try {
    const address = await a.ask('start', `${scratch}/helia-a`)
    await b.ask('start', `${scratch}/helia-b`)
    await b.ask('dial', address)
    const cid = await a.ask('add', file)
    execFileSync('sync', ['-f', scratch])
    const begin = process.hrtime.bigint()
    const bytes = await b.ask('fetch', cid)
    execFileSync('sync', ['-f', scratch])
    if (bytes !== fs.statSync(file).size) throw new Error(`${bytes} bytes came`)
    console.log((Number(process.hrtime.bigint() - begin) / 1e9).toFixed(3))
  } finally {
    for (const p of [a, b]) p.kill()
    for (const d of ['helia-a', 'helia-b']) fs.rmSync(`${scratch}/${d}`, { recursive: true, force: true })
  }
}
