using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>Any document of the DAG-CBOR profile as a tree, for maps whose keys others choose.</summary>
/// <remarks>
/// The cases nested here are all there are. Values are immutable, equal when their encodings are, at most
/// <see cref="DagCbor.DepthMax"/> deep, and always encodable: constructors refuse what the profile lacks with
/// <see cref="ArgumentException"/>. The map key <c>/</c> is reserved, so that every value has a JSON form that reads
/// back as itself (<see cref="FromJson(ReadOnlySpan{byte}, out CborValue?, out DecodeError)"/>).
/// </remarks>
public abstract partial record CborValue
{
    private CborValue()
    {
    }

    /// <summary>Containers inside each other, this one included; 0 for what is no container.</summary>
    public virtual int Depth => 0;

    /// <summary>Reads one item that takes all of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">Bytes from outside.</param>
    /// <param name="maxBytes">Longer input is refused unread; memory used is at most some sixty times this.</param>
    /// <param name="value">The tree, or null.</param>
    /// <param name="error">Why not: a <see cref="CborCode"/>.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, int maxBytes, [NotNullWhen(true)] out CborValue? value, out DecodeError error)
    {
        value = null;
        if (bytes.Length > maxBytes)
        {
            error = new DecodeError(CborCode.TooLong, "", $"The item is longer than {maxBytes} bytes.");
            return false;
        }

        CborReader reader = new(bytes);
        CborValue? read = Read(ref reader);
        bool decoded = reader.TryFinish();
        error = reader.Error;
        value = decoded ? read : null;
        return value is not null;
    }

    /// <summary>The one encoding of this value.</summary>
    public byte[] Encode()
    {
        CborWriter writer = new();
        Write(writer);
        return writer.ToArray();
    }

    /// <summary>
    /// Reads the next item of a document as a tree; null after an error, which is then in the reader.
    /// </summary>
    public static CborValue? Read(ref CborReader reader)
    {
        switch (reader.PeekKind())
        {
            case CborKind.UInt:
                return reader.TryReadUInt(out ulong whole) ? new Int(whole) : null;
            case CborKind.NegativeInt:
                return reader.TryReadInt(out long negative) ? new Int(negative) : null;
            case CborKind.Bytes:
                return reader.TryReadBytes(out ReadOnlySpan<byte> bytes) ? new Bytes([.. bytes]) : null;
            case CborKind.Text:
                return reader.TryReadText(int.MaxValue, out string text) ? new Text(text) : null;
            case CborKind.Array:
                return ReadArray(ref reader);
            case CborKind.Map:
                return ReadMap(ref reader);
            case CborKind.Link:
                return reader.TryReadLink(out ReadOnlySpan<byte> link) && Cid.TryFromBytes(link, out Cid? cid)
                    ? new Link(cid)
                    : null;
            case CborKind.Bool:
                return reader.TryReadBool(out bool truth) ? new Bool(truth) : null;
            case CborKind.Float:
                return reader.TryReadFloat(out double number) ? new Float(number) : null;
            default:
                return reader.TryReadNull() ? new Null() : null;
        }
    }

    /// <summary>Writes this value as the next item.</summary>
    public abstract void Write(CborWriter writer);

    /// <summary>The JSON form.</summary>
    public sealed override string ToString() => ToJson();

    private static Array? ReadArray(ref CborReader reader)
    {
        if (!reader.TryReadArrayStart(out int count))
            return null;
        var items = ImmutableArray.CreateBuilder<CborValue>(count);
        for (int i = 0; i < count; i++)
        {
            if (Read(ref reader) is not { } item)
                return null;
            items.Add(item);
        }

        return new Array(items.MoveToImmutable());
    }

    private static Map? ReadMap(ref CborReader reader)
    {
        if (!reader.TryReadMapStart(out int count))
            return null;
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, CborValue>>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadKey(out ReadOnlySpan<byte> key))
                return null;
            if (key.SequenceEqual("/"u8))
            {
                reader.Refuse(CborCode.ReservedKey, "/", "The map key '/' is reserved.");
                return null;
            }

            string name = System.Text.Encoding.UTF8.GetString(key);
            if (Read(ref reader) is not { } item)
                return null;
            entries.Add(new(name, item));
        }

        return new Map(entries.MoveToImmutable());
    }
}
