using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

/// <summary>Entries that are the same in every run.</summary>
internal static class TreeKeys
{
    /// <summary>Keys that share the first nibbles (all zero) and are hashes otherwise.</summary>
    public static PrefixTreeEntry[] Entries(int count, int sharedNibbles, int salt = 0)
    {
        var entries = new PrefixTreeEntry[count];
        for (var i = 0; i < count; i++)
        {
            byte[] name = [.. BitConverter.GetBytes(i), .. BitConverter.GetBytes(salt)];
            var bytes = Blake3.Hash(name).ToArray();
            if (sharedNibbles > 58)
                BitConverter.GetBytes((salt << 16) | i).Reverse().ToArray().CopyTo(bytes, 28);
            bytes.AsSpan(0, Math.Min(sharedNibbles / 2, 28)).Clear();
            if (sharedNibbles % 2 == 1)
                bytes[Math.Min(sharedNibbles / 2, 27)] &= 0x0f;
            entries[i] = new PrefixTreeEntry(
                ArtifactKey.From(Hash256.From(bytes)), Blake3.Hash([.. name, (byte)'v']));
        }
        return entries;
    }

    public static PrefixTreeEntry[] Shuffled(PrefixTreeEntry[] entries, int seed)
    {
        var shuffled = entries.ToArray();
        new Random(seed).Shuffle(shuffled);
        return shuffled;
    }
}
