using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Documents;

/// <summary>Idioms of durability the port allows: a folder that is there, a whole file under its name.</summary>
internal static class DurableFiles
{
    private const string TemporarySuffix = ".tmp";

    /// <summary>The folder that holds a path; the empty string is the port's root.</summary>
    public static string Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 ? "" : path[..slash];
    }

    /// <summary>Makes a folder and its missing parents, each entry durable in the folder above it.</summary>
    public static void CreateFolder(IFileSystem files, string folder)
    {
        if (folder.Length == 0 || files.Exists(folder))
            return;
        string parent = Parent(folder);
        CreateFolder(files, parent);
        files.CreateDirectory(folder);
        files.SyncDirectory(parent);
    }

    /// <summary>Opens a file for reading and writing, an empty one where there is none.</summary>
    public static IFile OpenOrCreate(IFileSystem files, string path) =>
        files.Open(path, files.Exists(path) ? FileOpenMode.ReadWrite : FileOpenMode.CreateNew);

    /// <summary>
    /// Writes a whole file so that after a crash it is either absent or complete: temporary name, sync, rename to a
    /// name that must be free, sync of the folder.
    /// </summary>
    public static void WriteWhole(IFileSystem files, string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = path + TemporarySuffix;
        files.Delete(temporary);
        using (IFile file = files.Open(temporary, FileOpenMode.CreateNew))
        {
            file.Append(bytes);
            file.Sync();
        }

        files.RenameNoReplace(temporary, path);
        files.SyncDirectory(Parent(path));
    }

    /// <summary>Whether a name is one <see cref="WriteWhole"/> left behind when it was cut short: worthless.</summary>
    public static bool IsTemporary(string name) => name.EndsWith(TemporarySuffix, StringComparison.Ordinal);

    /// <summary>Reads a whole file of at most <paramref name="lengthMax"/> bytes.</summary>
    /// <exception cref="StoreDamagedException">The file is longer than anything we write under that name.</exception>
    public static byte[] ReadWhole(IFileSystem files, string path, int lengthMax)
    {
        using IFile file = files.Open(path, FileOpenMode.Read);
        return ReadWhole(file, path, lengthMax);
    }

    /// <summary>Reads an open file of at most <paramref name="lengthMax"/> bytes from its start.</summary>
    public static byte[] ReadWhole(IFile file, string path, int lengthMax)
    {
        long length = file.Length;
        if (length > lengthMax)
            throw new StoreDamagedException($"{path} is {length} bytes long; at most {lengthMax} are ever written");
        var bytes = new byte[(int)length];
        int done = 0;
        while (done < bytes.Length)
        {
            int count = file.ReadAt(done, bytes.AsSpan(done));
            if (count == 0)
                throw new StoreDamagedException($"{path} ended at {done} of {bytes.Length} bytes");
            done += count;
        }

        return bytes;
    }
}
