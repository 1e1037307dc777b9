using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>The kinds of value.</summary>
public abstract partial record CborValue
{
    /// <summary>Null.</summary>
    public sealed record Null : CborValue
    {
        /// <inheritdoc/>
        public override void Write(CborWriter writer) => writer.WriteNull();
    }

    /// <summary>True or false.</summary>
    /// <param name="Value">Which.</param>
    public sealed record Bool(bool Value) : CborValue
    {
        /// <inheritdoc/>
        public override void Write(CborWriter writer) => writer.WriteBool(Value);
    }

    /// <summary>A whole number from -2^63 to 2^64 - 1.</summary>
    public sealed record Int : CborValue
    {
        /// <summary>Holds a number in range.</summary>
        /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
        public Int(Int128 value)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, long.MinValue);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ulong.MaxValue);
            Value = value;
        }

        /// <summary>The number.</summary>
        public Int128 Value { get; }

        /// <inheritdoc/>
        public override void Write(CborWriter writer)
        {
            if (Value < 0)
                writer.WriteInt((long)Value);
            else
                writer.WriteUInt((ulong)Value);
        }
    }

    /// <summary>A finite 64-bit float. Minus zero and zero are different values.</summary>
    public sealed record Float : CborValue
    {
        /// <summary>Holds a finite number.</summary>
        /// <exception cref="ArgumentException">It is NaN or an infinity.</exception>
        public Float(double value)
        {
            if (!double.IsFinite(value))
                throw new ArgumentException("The number is not finite.", nameof(value));
            Value = value;
        }

        /// <summary>The number.</summary>
        public double Value { get; }

        /// <inheritdoc/>
        public override void Write(CborWriter writer) => writer.WriteFloat(Value);

        /// <summary>Same 64 bits.</summary>
        public bool Equals(Float? other) =>
            other is not null && BitConverter.DoubleToInt64Bits(Value) == BitConverter.DoubleToInt64Bits(other.Value);

        /// <inheritdoc/>
        public override int GetHashCode() => BitConverter.DoubleToInt64Bits(Value).GetHashCode();
    }

    /// <summary>Text that has a UTF-8 form.</summary>
    public sealed record Text : CborValue
    {
        /// <summary>Holds text.</summary>
        /// <exception cref="ArgumentException">It has a lone surrogate.</exception>
        public Text(string value)
        {
            RequireUtf8(value);
            Value = value;
        }

        /// <summary>The text.</summary>
        public string Value { get; }

        /// <inheritdoc/>
        public override void Write(CborWriter writer) => writer.WriteText(Value);
    }

    /// <summary>A byte string.</summary>
    /// <param name="Value">The bytes.</param>
    public sealed record Bytes(ImmutableArray<byte> Value) : CborValue
    {
        /// <inheritdoc/>
        public override void Write(CborWriter writer) => writer.WriteBytes(Value.AsSpan());

        /// <summary>Same bytes.</summary>
        public bool Equals(Bytes? other) => other is not null && Value.AsSpan().SequenceEqual(other.Value.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode()
        {
            HashCode hash = default;
            hash.AddBytes(Value.AsSpan());
            return hash.ToHashCode();
        }
    }

    /// <summary>A CID.</summary>
    /// <param name="Value">What it points at.</param>
    public sealed record Link(Cid Value) : CborValue
    {
        /// <inheritdoc/>
        public override void Write(CborWriter writer) => writer.WriteLink(Value.Bytes);
    }

    /// <summary>Values in an order that counts.</summary>
    public sealed record Array : CborValue
    {
        /// <summary>Holds the values.</summary>
        /// <exception cref="ArgumentException">They are nested too deep for one more container.</exception>
        public Array(ImmutableArray<CborValue> items)
        {
            Items = items;
            Depth = DepthAround(items);
        }

        /// <summary>The values.</summary>
        public ImmutableArray<CborValue> Items { get; }

        /// <inheritdoc/>
        public override int Depth { get; }

        /// <inheritdoc/>
        public override void Write(CborWriter writer)
        {
            writer.WriteArrayStart(Items.Length);
            foreach (CborValue item in Items)
                item.Write(writer);
        }

        /// <summary>Equal values in the same order.</summary>
        public bool Equals(Array? other) => other is not null && Items.SequenceEqual(other.Items);

        /// <inheritdoc/>
        public override int GetHashCode()
        {
            HashCode hash = default;
            foreach (CborValue item in Items)
                hash.Add(item);
            return hash.ToHashCode();
        }
    }

    /// <summary>Values under unique names, held in canonical order.</summary>
    public sealed record Map : CborValue
    {
        /// <summary>Sorts and holds the entries.</summary>
        /// <exception cref="ArgumentException">
        /// A name stands twice, is <c>/</c> or has a lone surrogate, or the values are nested too deep.
        /// </exception>
        public Map(IEnumerable<KeyValuePair<string, CborValue>> entries)
        {
            List<KeyValuePair<byte[], KeyValuePair<string, CborValue>>> sorted =
                [.. entries.Select(entry => KeyValuePair.Create(CborWriter.StrictUtf8.GetBytes(entry.Key), entry))];
            sorted.Sort(static (left, right) => DagCbor.CompareKeys(left.Key, right.Key));
            for (int i = 0; i < sorted.Count; i++)
            {
                if (sorted[i].Value.Key == "/")
                    throw new ArgumentException("The map key '/' is reserved.", nameof(entries));
                if (i > 0 && DagCbor.CompareKeys(sorted[i - 1].Key, sorted[i].Key) == 0)
                    throw new ArgumentException("A map key stands twice.", nameof(entries));
            }

            Entries = [.. sorted.Select(entry => entry.Value)];
            Depth = DepthAround(Entries.Select(entry => entry.Value));
        }

        /// <summary>The entries, shorter names first, then bytewise.</summary>
        public ImmutableArray<KeyValuePair<string, CborValue>> Entries { get; }

        /// <inheritdoc/>
        public override int Depth { get; }

        /// <summary>The value under a name; time grows with the number of entries.</summary>
        public bool TryGet(string name, [NotNullWhen(true)] out CborValue? value)
        {
            foreach ((string key, CborValue found) in Entries)
            {
                if (key != name)
                    continue;
                value = found;
                return true;
            }

            value = null;
            return false;
        }

        /// <inheritdoc/>
        public override void Write(CborWriter writer)
        {
            writer.WriteMapStart(Entries.Length);
            foreach ((string key, CborValue item) in Entries)
            {
                writer.WriteKey(key);
                item.Write(writer);
            }
        }

        /// <summary>Equal values under the same names.</summary>
        public bool Equals(Map? other) => other is not null && Entries.SequenceEqual(other.Entries);

        /// <inheritdoc/>
        public override int GetHashCode()
        {
            HashCode hash = default;
            foreach ((string key, CborValue item) in Entries)
            {
                hash.Add(key);
                hash.Add(item);
            }

            return hash.ToHashCode();
        }
    }

    private static int DepthAround(IEnumerable<CborValue> items)
    {
        int depth = 1 + items.Select(item => item.Depth).DefaultIfEmpty(0).Max();
        return depth <= DagCbor.DepthMax ? depth : throw new ArgumentException("Values are nested too deep.");
    }

    private static void RequireUtf8(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _ = CborWriter.StrictUtf8.GetByteCount(text);
    }
}
