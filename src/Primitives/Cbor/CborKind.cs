namespace Omega.P2P.Primitives.Cbor;

/// <summary>Kinds of items that the DAG-CBOR profile has.</summary>
public enum CborKind
{
    /// <summary>No item here: the end of the input, or a byte that starts none.</summary>
    None,

    /// <summary>Whole number of zero or more (major type 0).</summary>
    UInt,

    /// <summary>Whole number below zero (major type 1).</summary>
    NegativeInt,

    /// <summary>Byte string (major type 2).</summary>
    Bytes,

    /// <summary>UTF-8 text (major type 3).</summary>
    Text,

    /// <summary>Array of known length (major type 4).</summary>
    Array,

    /// <summary>Map of known length with text keys (major type 5).</summary>
    Map,

    /// <summary>CID under tag 42 (major type 6).</summary>
    Link,

    /// <summary>True or false.</summary>
    Bool,

    /// <summary>Null.</summary>
    Null,

    /// <summary>64-bit floating point number, finite.</summary>
    Float,
}
