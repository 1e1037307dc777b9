using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// What every node of one tree shares: eight key words and the mode flag (BLAKE3 section 2.3). 36 bytes.
/// </summary>
internal struct Blake3Key
{
    public Words8 Words;
    public uint Flags;

    public static Blake3Key Plain { get; } = FromInitialValue(0);

    /// <summary>Keyed mode; the key has exactly 32 bytes or <see cref="ArgumentException"/> is thrown.</summary>
    public static Blake3Key Keyed(ReadOnlySpan<byte> key)
    {
        if (key.Length != Hash256.Size) throw new ArgumentException("A BLAKE3 key has 32 bytes.", nameof(key));
        return FromBytes(key, Blake3Constants.KeyedHash);
    }

    /// <summary>Mode in which key material is hashed after the context string (UTF-8) has been.</summary>
    public static Blake3Key DeriveKey(string context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (ContextMemo.TryGet(context, out var known)) return known;
        Span<byte> contextKey = stackalloc byte[Hash256.Size];
        var contextMode = FromInitialValue(Blake3Constants.DeriveKeyContext);
        Blake3Tree.RootOf(System.Text.Encoding.UTF8.GetBytes(context), in contextMode).WriteRoot(contextKey, 0);
        var key = FromBytes(contextKey, Blake3Constants.DeriveKeyMaterial);
        ContextMemo.Keep(context, in key);
        return key;
    }

    private static Blake3Key FromInitialValue(uint flags)
    {
        var key = new Blake3Key { Flags = flags };
        Blake3Constants.InitialValue.CopyTo(key.Words);
        return key;
    }

    private static Blake3Key FromBytes(ReadOnlySpan<byte> bytes, uint flags)
    {
        var key = new Blake3Key { Flags = flags };
        for (var i = 0; i < 8; i++) key.Words[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]);
        return key;
    }

    [InlineArray(8)]
    internal struct Words8
    {
        private uint _first;
    }
}
