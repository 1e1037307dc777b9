using System.Runtime.CompilerServices;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>An open container while reading or writing.</summary>
internal struct CborFrame(int remaining, bool isMap)
{
    /// <summary>Entries not yet complete; at least 1.</summary>
    public int Remaining = remaining;

    /// <summary>Where the newest key's text starts in the bytes.</summary>
    public int KeyStart;

    /// <summary>Bytes of the newest key, or -1 before the first.</summary>
    public int KeyLength = -1;

    public bool IsMap = isMap;

    /// <summary>The next thing is a key.</summary>
    public bool KeyDue = isMap;
}

/// <summary>Open containers, outermost first.</summary>
[InlineArray(DagCbor.DepthMax)]
internal struct CborFrames
{
    private CborFrame _first;
}
