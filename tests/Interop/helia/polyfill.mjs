// Current libp2p expects Node 22; these calls are enough for Node 20.
Promise.withResolvers ??= function () {
  let resolve
  let reject
  const promise = new this((yes, no) => { resolve = yes; reject = no })
  return { promise, resolve, reject }
}
globalThis.CustomEvent ??= class extends Event {
  constructor (type, options) { super(type, options); this.detail = options?.detail }
}
