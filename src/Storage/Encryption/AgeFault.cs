namespace Omega.P2P.Storage.Encryption;

/// <summary>Why a file could not be decrypted.</summary>
public enum AgeFault
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>It does not begin as an age file does.</summary>
    NotAge,

    /// <summary>An age file of another version than v1.</summary>
    Version,

    /// <summary>A line of the header breaks the grammar, or the header ends early.</summary>
    Header,

    /// <summary>The header is over <see cref="AgeFormat.HeaderMax"/>.</summary>
    HeaderTooLong,

    /// <summary>A stanza for X25519 that no honest sender writes: number or form of its parts, or a share of small
    /// order.</summary>
    Stanza,

    /// <summary>None of the identities opens any stanza: the wrong key.</summary>
    NoIdentity,

    /// <summary>The header was changed after it was written.</summary>
    HeaderMac,

    /// <summary>The end is missing or does not verify.</summary>
    Truncated,

    /// <summary>A chunk before the last does not verify.</summary>
    Chunk,

    /// <summary>The last chunk of a longer file is empty.</summary>
    EmptyChunk,

    /// <summary>Bytes follow the last chunk.</summary>
    TrailingBytes,

    /// <summary>The armor breaks the strict form.</summary>
    Armor,
}

/// <summary>A fault and where it is.</summary>
/// <param name="Fault">What.</param>
/// <param name="Line">Line of the header (or of the armor), from 1; 0 where lines have no meaning.</param>
public readonly record struct AgeError(AgeFault Fault, int Line)
{
    /// <summary>No fault.</summary>
    public static AgeError None { get; }

    /// <summary>One sentence for people.</summary>
    public string Message => Fault switch
    {
        AgeFault.None => "nothing is wrong",
        AgeFault.NotAge => "these bytes are not an age file",
        AgeFault.Version => "this is an age file of another version than v1",
        AgeFault.Header => $"line {Line} of the age header is malformed",
        AgeFault.HeaderTooLong => $"the age header is over {AgeFormat.HeaderMax} bytes",
        AgeFault.Stanza => $"the recipient stanza at line {Line} of the age header is malformed",
        AgeFault.NoIdentity => "none of the identities opens it: it is encrypted to other recipients",
        AgeFault.HeaderMac => "the age header was changed: its authentication code is wrong",
        AgeFault.Truncated => "the encrypted bytes are cut short or damaged at their end",
        AgeFault.Chunk => "the encrypted bytes are damaged: a chunk does not verify",
        AgeFault.EmptyChunk => "the encrypted bytes end in an empty chunk, which no age program writes",
        AgeFault.TrailingBytes => "bytes follow the end of the encrypted file",
        AgeFault.Armor => $"line {Line} of the age armor is malformed",
        _ => Fault.ToString(),
    };
}
