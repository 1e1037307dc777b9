namespace Omega.P2P.Federation;

/// <summary>One authenticated connection to a peer; numbered by the driver, never reused in one run.</summary>
public readonly record struct LinkId(long Value);

/// <summary>One stream of a link, in either direction; numbered by the driver, never reused in one run.</summary>
public readonly record struct StreamId(long Value);

/// <summary>One wish for an outgoing stream; numbered by the core, answered by exactly one of two inputs.</summary>
public readonly record struct RequestId(long Value);

/// <summary>One attempt to reach an address; numbered by the core.</summary>
public readonly record struct DialId(long Value);

/// <summary>One armed timer; numbered by the core, never reused, so that a stale one is a no-op.</summary>
public readonly record struct TimerId(long Value);

/// <summary>One command of the owner; numbered by whoever issues it, completed exactly once.</summary>
public readonly record struct CommandId(long Value);

/// <summary>One question to the store; numbered by the core, answered exactly once.</summary>
public readonly record struct QueryId(long Value);

/// <summary>One import or rebuild under way in the store; numbered by the store's side.</summary>
public readonly record struct TransferId(long Value);
