// Two nodes of somebody else's library, each in a process of its own, asked one thing at a time.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// In the child: answers what its parent asks by these verbs.
export function answer (verbs) {
  process.on('message', async ({ verb, args }) => {
    try { process.send({ value: await verbs[verb](...args) }) } catch (e) { process.send({ error: String(e) }) }
  })
}

// Starts the module once more, as a child.
export function child (module) {
  const started = fork(fileURLToPath(module), [], { env: { ...process.env, ROLE: 'child' } })
  return {
    ask: (verb, ...args) => new Promise((yes, no) => {
      const onExit = code => no(new Error(`it ended with ${code}`))
      started.once('exit', onExit)
      started.once('message', m => {
        started.off('exit', onExit)
        if (m.error) no(new Error(m.error))
        else yes(m.value)
      })
      started.send({ verb, args })
    }),
    kill: () => started.kill('SIGKILL')
  }
}
