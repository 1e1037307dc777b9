// One fetch by iroh 0.35 between two processes with persistent stores; prints seconds, the store synced.
//   NPM_DIR=<folder with @number0/iroh> node iroh.mjs FILE|FOLDER SCRATCH
// A folder goes as one collection.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import fs from 'node:fs'
import { answer, child } from './children.mjs'

const require = createRequire(process.env.NPM_DIR + '/package.json')
const done = f => new Promise((yes, no) => f((e, p) => e ? no(e) : p?.abort ? no(new Error(p.abort.error)) : p?.allDone && yes(p.allDone)))

if (process.env.ROLE) {
  const { Iroh, SetTagOption, BlobDownloadOptions } = require('@number0/iroh')
  let node
  const verbs = {
    async start (dir, port) {
      node = await Iroh.persistent(dir, { ipv4Addr: `127.0.0.1:${port}`, ipv6Addr: '[::1]:0', nodeDiscovery: 'None' })
      return { nodeId: await node.net.nodeId(), addresses: [`127.0.0.1:${port}`] }
    },
    async add (path, wrap) { return (await done(cb => node.blobs.addFromPath(path, false, SetTagOption.auto(), { wrap }, cb))).hash },
    async get (hash, format, from) { await done(cb => node.blobs.download(hash, new BlobDownloadOptions(format, [from], SetTagOption.auto()), cb)) }
  }
  answer(verbs)
} else {
  const [file, scratch] = process.argv.slice(2)
  const [a, b] = [child(import.meta.url), child(import.meta.url)]
  try {
    const from = await a.ask('start', `${scratch}/iroh-a`, 7611)
    await b.ask('start', `${scratch}/iroh-b`, 7612)
    const isFolder = fs.statSync(file).isDirectory()
    const hash = await a.ask('add', file, isFolder)
    execFileSync('sync', ['-f', scratch])
    const begin = process.hrtime.bigint()
    await b.ask('get', hash, isFolder ? 'HashSeq' : 'Raw', from)
    execFileSync('sync', ['-f', scratch])
    console.log((Number(process.hrtime.bigint() - begin) / 1e9).toFixed(3))
  } finally {
    for (const p of [a, b]) p.kill()
    for (const d of ['iroh-a', 'iroh-b']) fs.rmSync(`${scratch}/${d}`, { recursive: true, force: true })
  }
}
