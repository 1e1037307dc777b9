using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Signing;

/// <summary>Steps through the fixed shape of a COSE message; ranges count from the start of the message.</summary>
internal ref struct CoseCursor
{
    private readonly ReadOnlySpan<byte> _data;
    private int _position;

    public CoseCursor(ReadOnlySpan<byte> data)
    {
        _data = data;
        Error = DecodeError.None;
    }

    public DecodeError Error { get; set; }

    public readonly CoseCursor Inside(Range range) => new(_data[range]);

    public bool TryExpect(int major, int argument, string field, string code = CborCode.Unexpected)
    {
        if (!TryHead(field, out int foundMajor, out ulong found))
            return false;
        return (foundMajor == major && found == (ulong)argument)
            || Fail(code, field, "This part of a signed object is not the one that is allowed.");
    }

    public bool TryBytes(string field, out Range content)
    {
        content = default;
        if (!TryHead(field, out int major, out ulong length))
            return false;
        if (major != 2)
            return Fail(CborCode.Unexpected, field, "A byte string was expected.");
        if (length > (ulong)(_data.Length - _position))
            return Fail(CborCode.Truncated, field, "A byte string is longer than the bytes left.");
        content = _position..(_position + (int)length);
        _position += (int)length;
        return true;
    }

    public bool TryLength(Range range, int length, string field) =>
        range.GetOffsetAndLength(_data.Length).Length == length
        || Fail(CborCode.Unexpected, field, $"This part does not have {length} bytes.");

    public bool TryKeyId(Range range, out Ed25519PublicKey key)
    {
        key = default;
        ReadOnlySpan<byte> utf8 = _data[range];
        if (KeyIdMemo.TryGet(utf8, out key))
            return true;
        Span<char> text = stackalloc char[CoseSign1.KeyIdLength];
        if (utf8.Length != text.Length || !utf8.StartsWith("did:key:"u8))
            return Fail("cose-kid", "kid", "The key id is not the did of an Ed25519 key.");
        for (int i = 0; i < text.Length; i++)
            text[i] = (char)utf8[i];
        if (!Ed25519PublicKey.TryParse(text, out key))
            return Fail("cose-kid", "kid", "The key id is not the did of an Ed25519 key.");
        KeyIdMemo.Keep(utf8, key);
        return true;
    }

    public bool TryEnd() =>
        _position == _data.Length || Fail(CborCode.Trailing, "", "Bytes follow the last part.");

    private bool TryHead(string field, out int major, out ulong argument)
    {
        string? refusal = CborHead.Read(_data[_position..], out major, out argument, out int length);
        _position += refusal is null ? length : 0;
        return refusal is null || Fail(refusal, field, "A head is cut off or not in its shortest form.");
    }

    private bool Fail(string code, string field, string message)
    {
        Error = new DecodeError(code, field, message);
        return false;
    }
}
