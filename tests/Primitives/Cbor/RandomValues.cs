using System.Collections.Immutable;
using System.Formats.Cbor;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Ids;
using SystemWriter = System.Formats.Cbor.CborWriter;

namespace Omega.P2P.Primitives.Tests.Cbor;

/// <summary>Random documents, and the same documents through the platform's own writer.</summary>
internal static class RandomValues
{
    public static CborValue Next(SeededBytes random, int depth = 5)
    {
        int size = random.Below(5);
        return random.Below(depth > 0 ? 12 : 9) switch
        {
            0 => new CborValue.Null(),
            1 => new CborValue.Bool(random.Below(2) == 0),
            2 => new CborValue.Int(random.Next() >> random.Below(64)),
            3 => new CborValue.Int(~(long)(random.Next() >> (1 + random.Below(63)))),
            4 => new CborValue.Float(NextFloat(random)),
            5 => new CborValue.Text(NextText(random)),
            6 => new CborValue.Bytes([.. random.Bytes(random.Below(300) >> random.Below(9))]),
            7 => new CborValue.Link(Cid.Create(Cid.CodecRaw, Cid.HashBlake3, random.Bytes(32))),
            8 => new CborValue.Int(random.Below(30)),
            9 => new CborValue.Array([.. Enumerable.Range(0, size).Select(_ => Next(random, depth - 1))]),
            _ => NextMap(random, size, depth - 1),
        };
    }

    public static byte[] BySystem(CborValue value)
    {
        SystemWriter writer = new(CborConformanceMode.Canonical);
        Write(value, writer);
        return writer.Encode();
    }

    private static CborValue.Map NextMap(SeededBytes random, int size, int depth)
    {
        Dictionary<string, CborValue> entries = [];
        for (int i = 0; i < size; i++)
        {
            string key = NextText(random);
            entries[key == "/" ? "//" : key] = Next(random, depth);
        }

        return new CborValue.Map(entries);
    }

    private static double NextFloat(SeededBytes random)
    {
        double number = random.Below(3) switch
        {
            0 => random.Below(1000) - 500,
            1 => (random.Below(1000) - 500) / 8.0,
            _ => BitConverter.UInt64BitsToDouble(random.Next()),
        };
        return double.IsFinite(number) ? number : -0.0;
    }

    private static string NextText(SeededBytes random)
    {
        string[] letters = ["a", "b", "Z", "é", "中", "😀", "\"", "\\", "\n", "/", "0", "~"];
        return string.Concat(Enumerable.Range(0, random.Below(8)).Select(_ => letters[random.Below(letters.Length)]));
    }

    // Canonical mode shortens floats to 16 or 32 bits, which DAG-CBOR forbids; the CTAP2 mode keeps all 64.
    private static byte[] Wide(double number)
    {
        SystemWriter writer = new(CborConformanceMode.Ctap2Canonical);
        writer.WriteDouble(number);
        return writer.Encode();
    }

    private static void Write(CborValue value, SystemWriter writer)
    {
        switch (value)
        {
            case CborValue.Null:
                writer.WriteNull();
                break;
            case CborValue.Bool b:
                writer.WriteBoolean(b.Value);
                break;
            case CborValue.Int i when i.Value < 0:
                writer.WriteInt64((long)i.Value);
                break;
            case CborValue.Int i:
                writer.WriteUInt64((ulong)i.Value);
                break;
            case CborValue.Float f:
                writer.WriteEncodedValue(Wide(f.Value));
                break;
            case CborValue.Text t:
                writer.WriteTextString(t.Value);
                break;
            case CborValue.Bytes b:
                writer.WriteByteString(b.Value.AsSpan());
                break;
            case CborValue.Link l:
                writer.WriteTag((CborTag)42);
                writer.WriteByteString([0, .. l.Value.Bytes]);
                break;
            case CborValue.Array a:
                writer.WriteStartArray(a.Items.Length);
                foreach (CborValue item in a.Items)
                    Write(item, writer);
                writer.WriteEndArray();
                break;
            case CborValue.Map m:
                writer.WriteStartMap(m.Entries.Length);
                foreach ((string key, CborValue item) in m.Entries.Reverse())
                {
                    writer.WriteTextString(key);
                    Write(item, writer);
                }

                writer.WriteEndMap();
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
