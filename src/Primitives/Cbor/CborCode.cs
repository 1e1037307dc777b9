namespace Omega.P2P.Primitives.Cbor;

/// <summary>The words in <see cref="Encoding.DecodeError.Code"/> when CBOR is refused; they never change.</summary>
public static class CborCode
{
    /// <summary>The input ends inside an item or before one that is needed.</summary>
    public const string Truncated = "cbor-truncated";

    /// <summary>Bytes follow the item that should be all.</summary>
    public const string Trailing = "cbor-trailing";

    /// <summary>Longer than the caller's limit.</summary>
    public const string TooLong = "cbor-too-long";

    /// <summary>A number or length is not in its shortest form.</summary>
    public const string NotShortest = "cbor-not-shortest";

    /// <summary>Indefinite length.</summary>
    public const string Indefinite = "cbor-indefinite";

    /// <summary>A reserved or unassigned initial byte.</summary>
    public const string Reserved = "cbor-reserved";

    /// <summary>A simple value other than false, true and null, such as undefined.</summary>
    public const string Simple = "cbor-simple";

    /// <summary>A tag other than 42, or 42 around something that is no CID.</summary>
    public const string Tag = "cbor-tag";

    /// <summary>A 16- or 32-bit float, NaN or an infinity.</summary>
    public const string Float = "cbor-float";

    /// <summary>Text that is not UTF-8.</summary>
    public const string Utf8 = "cbor-utf8";

    /// <summary>A map key that is not text.</summary>
    public const string KeyKind = "cbor-key-kind";

    /// <summary>Map keys not in length-first order.</summary>
    public const string KeyOrder = "cbor-key-order";

    /// <summary>The same map key twice.</summary>
    public const string KeyTwice = "cbor-key-twice";

    /// <summary>The map key <c>/</c>, which <see cref="CborValue"/> reserves for its JSON form.</summary>
    public const string ReservedKey = "cbor-key-reserved";

    /// <summary>Containers nested deeper than <see cref="DagCbor.DepthMax"/>.</summary>
    public const string Depth = "cbor-depth";

    /// <summary>A number outside -2^63 .. 2^64 - 1, or outside what the field holds.</summary>
    public const string Range = "cbor-range";

    /// <summary>An item of another kind, length or name than the reader asked for.</summary>
    public const string Unexpected = "cbor-unexpected";
}
