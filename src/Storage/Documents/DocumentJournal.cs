using System.Buffers.Binary;
using System.Globalization;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Documents;

/// <summary>
/// The file under a <see cref="DocumentStore"/>: <c>documents-&lt;generation, 16 digits&gt;.journal</c>, a run of
/// <see cref="DocumentFrame"/>. Frame 0's payload is 4 bytes: how many frames the file was born with, all synced before
/// it got its name. Each later frame is one commit. The newest generation counts; older ones are leftovers.
/// </summary>
internal sealed class DocumentJournal : IDisposable
{
    private const string Prefix = "documents-";
    private const string Suffix = ".journal";
    private const int BirthPayloadLength = 4;

    private readonly IFileSystem _files;
    private readonly string _folder;
    private readonly DocumentLimits _limits;
    private IFile _file;
    private long _generation;
    private ulong _sequence;

    private DocumentJournal(IFileSystem files, string folder, DocumentLimits limits, long generation)
    {
        (_files, _folder, _limits, _generation) = (files, folder, limits, generation);
        _file = files.Open(PathOf(generation), FileOpenMode.ReadWrite);
    }

    /// <summary>Bytes in the journal.</summary>
    public long Length { get; private set; }

    /// <summary>
    /// Opens the newest generation, making the folder and an empty one where there is none; a torn last commit is cut
    /// off. Every operation of every commit goes to <paramref name="apply"/> in order; null is a delete.
    /// </summary>
    /// <exception cref="StoreDamagedException">A commit before the last no longer matches its hash.</exception>
    public static DocumentJournal Open(
        IFileSystem files, string folder, DocumentLimits limits, Action<string, byte[]?> apply)
    {
        DurableFiles.CreateFolder(files, folder);
        long newest = RemoveLeftovers(files, folder);
        if (newest == 0)
        {
            newest = 1;
            DurableFiles.WriteWhole(files, Combine(folder, NameOf(newest)), Birth(frameCount: 1));
        }

        var journal = new DocumentJournal(files, folder, limits, newest);
        try
        {
            journal.Load(apply);
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Appends one commit and syncs it: one append, one sync.</summary>
    /// <param name="frame">Room for the header, then the payload.</param>
    public void Append(Span<byte> frame)
    {
        DocumentFrame.Seal(frame, _sequence);
        _file.Append(frame);
        _file.Sync();
        _sequence++;
        Length += frame.Length;
    }

    /// <summary>
    /// Writes a new generation that holds just these documents. True where it took over; false where the device had no
    /// room for it, and then the present one goes on untouched. Any other failure leaves the journal unusable.
    /// </summary>
    public bool TryCompact(IEnumerable<KeyValuePair<string, byte[]>> documents)
    {
        long next = _generation + 1;
        string path = PathOf(next);
        List<byte[]> frames = Frames(documents);
        try
        {
            WriteGeneration(path + ".tmp", frames);
        }
        catch (DiskFullException)
        {
            _files.Delete(path + ".tmp");
            return false;
        }

        _files.RenameNoReplace(path + ".tmp", path);
        _files.SyncDirectory(_folder);
        _file.Dispose();
        _files.Delete(PathOf(_generation));
        _generation = next;
        _file = _files.Open(path, FileOpenMode.ReadWrite);
        _sequence = (ulong)frames.Count;
        Length = _file.Length;
        return true;
    }

    /// <summary>Closes the file; what was appended is durable already.</summary>
    public void Dispose() => _file.Dispose();

    private static string NameOf(long generation) =>
        Prefix + generation.ToString("D16", CultureInfo.InvariantCulture) + Suffix;

    private static string Combine(string folder, string name) => folder.Length == 0 ? name : folder + "/" + name;

    private static bool TryGeneration(string name, out long generation)
    {
        generation = 0;
        return name.Length == Prefix.Length + 16 + Suffix.Length
            && name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Prefix.Length, 16), NumberStyles.None, CultureInfo.InvariantCulture,
                out generation);
    }

    private static byte[] Birth(int frameCount)
    {
        var frame = new byte[DocumentFrame.HeaderLength + BirthPayloadLength];
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(DocumentFrame.HeaderLength), frameCount);
        DocumentFrame.Seal(frame, 0);
        return frame;
    }

    private static long RemoveLeftovers(IFileSystem files, string folder)
    {
        long newest = 0;
        var stale = new List<string>();
        foreach (string name in files.List(folder))
        {
            if (DurableFiles.IsTemporary(name) && name.StartsWith(Prefix, StringComparison.Ordinal))
                stale.Add(name);
            else if (TryGeneration(name, out long generation))
                newest = Math.Max(newest, generation);
        }

        foreach (string name in files.List(folder))
        {
            if (TryGeneration(name, out long generation) && generation < newest)
                stale.Add(name);
        }

        foreach (string name in stale)
            files.Delete(Combine(folder, name));
        return newest;
    }

    private string PathOf(long generation) => Combine(_folder, NameOf(generation));

    private void Load(Action<string, byte[]?> apply)
    {
        byte[] bytes = DurableFiles.ReadWhole(_file, PathOf(_generation), _limits.JournalBytesMax);
        int at = 0;
        ulong born = 1;
        while (DocumentFrame.IsWhole(bytes.AsSpan(at), _sequence, _limits, out int frameLength))
        {
            ReadOnlySpan<byte> payload = bytes.AsSpan(at + DocumentFrame.HeaderLength,
                frameLength - DocumentFrame.HeaderLength);
            if (_sequence == 0)
                born = payload.Length == BirthPayloadLength
                    ? BinaryPrimitives.ReadUInt32LittleEndian(payload)
                    : throw Damaged(at);
            else
                ReadOperations(payload, at, apply);
            at += frameLength;
            _sequence++;
        }

        if (_sequence < born || HoldsLaterCommit(bytes.AsSpan(at)))
            throw Damaged(at);
        if (at < bytes.Length)
        {
            _file.Truncate(at);
            _file.Sync();
        }

        Length = at;
    }

    private void ReadOperations(ReadOnlySpan<byte> payload, int at, Action<string, byte[]?> apply)
    {
        while (DocumentFrame.TryRead(ref payload, out string key, out byte[]? value))
            apply(key, value);
        if (!payload.IsEmpty)
            throw Damaged(at);
    }

    /// <summary>
    /// Tells rot from a torn append. A commit is appended only after the one before it was synced, so bytes beyond the
    /// end a bad frame states, or a whole later frame, mean that the bad frame was once good.
    /// </summary>
    private bool HoldsLaterCommit(ReadOnlySpan<byte> rest)
    {
        if (DocumentFrame.TryHeader(rest, _sequence, _limits, out int frameLength))
            return rest.Length > frameLength;
        while (rest.Length > 1)
        {
            int next = DocumentFrame.Find(rest[1..]);
            if (next < 0)
                return false;
            rest = rest[(next + 1)..];
            if (DocumentFrame.IsWhole(rest, _sequence + 1, _limits, out _))
                return true;
        }

        return false;
    }

    private StoreDamagedException Damaged(int at) =>
        new($"{PathOf(_generation)} is damaged at byte {at}: commit {_sequence} no longer matches its hash");

    private List<byte[]> Frames(IEnumerable<KeyValuePair<string, byte[]>> documents)
    {
        var frames = new List<byte[]> { Array.Empty<byte>() };
        using var payload = new MemoryStream();
        payload.SetLength(payload.Position = DocumentFrame.HeaderLength);
        foreach ((string key, byte[] value) in documents)
        {
            if (payload.Length + DocumentFrame.Size(key, value) > _limits.CommitBytesMax)
                CutFrame(payload, frames);
            DocumentFrame.Write(payload, key, value);
        }

        if (payload.Length > DocumentFrame.HeaderLength)
            CutFrame(payload, frames);
        frames[0] = Birth(frames.Count);
        return frames;
    }

    private static void CutFrame(MemoryStream payload, List<byte[]> frames)
    {
        byte[] frame = payload.ToArray();
        DocumentFrame.Seal(frame, (ulong)frames.Count);
        frames.Add(frame);
        payload.SetLength(payload.Position = DocumentFrame.HeaderLength);
    }

    private void WriteGeneration(string path, List<byte[]> frames)
    {
        _files.Delete(path);
        using IFile file = _files.Open(path, FileOpenMode.CreateNew);
        foreach (byte[] frame in frames)
            file.Append(frame);
        file.Sync();
    }
}
