namespace Omega.P2P.Storage.Index.Segments;

/// <summary>Lazy walks, which hold nothing between two batches: what is done with a key may change the
/// tables.</summary>
internal sealed partial class IndexStore
{
    private const int BatchMax = 256;

    /// <summary>The smallest key above one.</summary>
    public static byte[] After(byte[] key) => [.. key, 0];

    /// <summary>Whole keys that begin with a prefix, ascending. To be walked under the gate.</summary>
    public IEnumerable<byte[]> Keys(IndexTable table, ReadOnlySpan<byte> prefix) =>
        KeysFrom(table, prefix.ToArray(), prefix.ToArray());

    /// <summary>The same from a key on.</summary>
    public IEnumerable<byte[]> KeysFrom(IndexTable table, byte[] from, byte[] prefix)
    {
        for (var batch = 4; ; batch = Math.Min(BatchMax, batch * 4))
        {
            var keys = new List<byte[]>(batch);
            using (var scan = from.AsSpan().SequenceEqual(prefix)
                ? Scan(table, prefix)
                : ScanFrom(table, from, prefix))
            {
                while (keys.Count < batch && scan.MoveNext())
                {
                    keys.Add(scan.Key.ToArray());
                }
            }

            foreach (var key in keys)
            {
                yield return key;
            }

            if (keys.Count < batch)
            {
                yield break;
            }

            from = After(keys[^1]);
        }
    }
}
