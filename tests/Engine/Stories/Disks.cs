using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>What lies on a disk, for comparing before and after.</summary>
internal static class Disks
{
    /// <summary>Each file's path with the hash of its bytes.</summary>
    public static SortedDictionary<string, Hash256> Files(MemoryFileSystem disk)
    {
        var files = new SortedDictionary<string, Hash256>(StringComparer.Ordinal);
        Walk(disk, "", path => files.Add(path, Blake3.Hash(Bytes(disk, path))));
        return files;
    }

    /// <summary>Names of the sealed blocks whose bytes are here, with the hash of those.</summary>
    public static Dictionary<string, Hash256> Blocks(MemoryFileSystem disk) => Files(disk)
        .Where(file => file.Key.EndsWith(".blk", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file.Key), file => file.Value);

    public static long Used(MemoryFileSystem disk)
    {
        long sum = 0;
        Walk(disk, "", path => sum += disk.Length(path));
        return sum;
    }

    public static byte[] Bytes(MemoryFileSystem disk, string path)
    {
        using var file = disk.Open(path, FileOpenMode.Read);
        var bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    private static void Walk(MemoryFileSystem disk, string folder, Action<string> onFile)
    {
        foreach (var name in disk.List(folder))
        {
            var path = folder.Length == 0 ? name : $"{folder}/{name}";
            if (IsFile(disk, path)) onFile(path);
            else Walk(disk, path, onFile);
        }
    }

    private static bool IsFile(MemoryFileSystem disk, string path)
    {
        try
        {
            disk.Length(path);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
