using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Logs;

/// <summary>
/// The append-only local log: the store's only source of truth. Writers share syncs: whoever finds no commit running
/// leads one for all that wait. A record is acknowledged after the file's sync and after its effect was applied in
/// record order. After a failed sync nothing is known of the file's tail, so the log refuses appends until reopened.
/// </summary>
internal sealed partial class LocalLog : IDisposable
{
    public const string Folder = "log";

    private readonly IFileSystem _files;
    private readonly StoreLimits _limits;
    private readonly List<LogSegment> _segments;
    private readonly object _commitGate = new();
    private List<Waiter> _queue = [];
    private bool _leading;
    private bool _applying;
    private IFile _file;
    private Exception? _failure;

    private LocalLog(IFileSystem files, StoreLimits limits, List<LogSegment> segments, IFile file, Hash256 chain)
    {
        _files = files;
        _limits = limits;
        _segments = segments;
        _file = file;
        Chain = chain;
        NextNumber = segments[^1].End;
    }

    /// <summary>Number the next record gets; the first is 1.</summary>
    public long NextNumber { get; private set; }

    /// <summary>Hash of the last record.</summary>
    public Hash256 Chain { get; private set; }

    /// <summary>Commits led so far, each one sync of the log file.</summary>
    public long Commits { get; private set; }

    /// <summary>Whether a write failed, so that nobody knows what the file's tail holds.</summary>
    public bool HasFailed => _failure is not null;

    /// <summary>Writers that wait for the commit in progress.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_commitGate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Bytes of all log files.</summary>
    public long Length
    {
        get
        {
            lock (_commitGate)
            {
                return _segments.Sum(segment => segment.Length);
            }
        }
    }

    /// <summary>Whether a log file exists under this port.</summary>
    public static bool Exists(IFileSystem files) =>
        files.List(Folder).Any(name => LogFileHeader.TryParseName(name, out _, out _));

    /// <summary>Begins a log whose first records are durable before its file has a name.</summary>
    public static LocalLog Create(IFileSystem files, StoreLimits limits, IReadOnlyList<LogItem> first)
    {
        RemoveTemporaries(files);
        var header = new LogFileHeader(First: 1, Generation: 0, default);
        var frames = new byte[LengthOf(first)];
        Frame([first], header.Previous, header.First, frames, out var chain);
        var file = WriteFile(files, header, to => to.Append(frames));
        var segment = new LogSegment { Header = header, Count = first.Count, Length = file.Length };
        NoteInline(segment, first, header.First);
        return new LocalLog(files, limits, [segment], file, chain);
    }

    public void Dispose()
    {
        CloseAllForReading();
        _file.Dispose();
    }

    /// <summary>Writes a whole log file under a temporary name, syncs it, names it and syncs the folder.</summary>
    private static IFile WriteFile(IFileSystem files, LogFileHeader header, Action<IFile> writeFrames)
    {
        var temporary = $"{Folder}/{header.Name}.tmp";
        files.Delete(temporary);
        var file = files.Open(temporary, FileOpenMode.CreateNew);
        try
        {
            file.Append(header.ToArray());
            writeFrames(file);
            file.Sync();
            files.RenameNoReplace(temporary, $"{Folder}/{header.Name}");
            files.SyncDirectory(Folder);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static int RemoveTemporaries(IFileSystem files)
    {
        var removed = 0;
        foreach (var name in files.List(Folder))
        {
            if (name.EndsWith(".tmp", StringComparison.Ordinal))
            {
                files.Delete($"{Folder}/{name}");
                removed++;
            }
        }

        return removed;
    }

    private static int LengthOf(IReadOnlyList<LogItem> items) => items.Sum(item => item.FrameLength);

    /// <summary>Frames of several commits, written at a time.</summary>
    private static void Frame(
        IReadOnlyList<IReadOnlyList<LogItem>> commits, Hash256 previous, long first, Span<byte> bytes,
        out Hash256 chain)
    {
        var offset = 0;
        chain = previous;
        foreach (var items in commits)
        {
            for (var i = 0; i < items.Count; i++)
            {
                var item = items[i];
                var flags = (offset == 0 ? LogFrame.CommitStart : 0)
                    | (i < items.Count - 1 ? LogFrame.CommitContinues : 0);
                chain = LogFrame.HashOf(chain, first++, flags, item.Record);
                var frame = new LogFrame
                {
                    RecordLength = item.Record.Length,
                    InlineLength = item.Inline.Length,
                    Flags = flags,
                    InlineCheck = item.InlineCheck ?? LogFrame.CheckOf(item.Inline),
                    Hash = chain,
                };
                frame.Write(bytes[offset..]);
                item.Record.CopyTo(bytes[(offset + LogFrame.HeaderSize)..]);
                item.Inline.CopyTo(bytes[(offset + LogFrame.HeaderSize + item.Record.Length)..]);
                offset += item.FrameLength;
            }
        }
    }

    private static void NoteInline(LogSegment segment, IReadOnlyList<LogItem> items, long first)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].Inline.Length > 0)
            {
                segment.InlineRecords.Add(first + i, items[i].Inline.Length);
            }
        }
    }
}
