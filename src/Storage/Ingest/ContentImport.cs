using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// A large content coming from the mesh, in order, in groups of 16 KiB that were proven against its id. Where it is
/// disposed before its batch is completed, or the process dies, what is on the disk stays, and the next import of the
/// same content goes on from there. One thread at a time.
/// </summary>
public sealed class ContentImport : IDisposable
{
    private readonly StoreCore _core;
    private readonly ClassUse _use;
    private readonly EarlySealing _early;
    private readonly string _name;
    private ImportJournal? _journal;
    private ImportPipeline? _pipeline;
    private bool _isHeld;
    private bool _isOver;

    internal ContentImport(StoreCore core, ClassUse use, ContentId content, long size, EarlySealing early)
    {
        _core = core;
        _use = use;
        _early = early;
        _name = $"{content.Hash}-{use.Class.Tag}";
        Content = content;
        Size = size;
        lock (core.State)
        {
            _isHeld = core.Importing.Add(_name);
        }

        TakeUp();
    }

    /// <summary>What comes.</summary>
    public ContentId Content { get; }

    /// <summary>Its length.</summary>
    public long Size { get; }

    /// <summary>Where the next group begins; at first, what was kept of an earlier import.</summary>
    public long Position => _pipeline?.Position ?? 0;

    /// <summary>Bytes that had come to an import that was cut off, at most, and come again.</summary>
    public long BytesAgain { get; private set; }

    /// <summary>Takes the next group.</summary>
    /// <param name="group">16 KiB, or the content's last bytes; not kept after return.</param>
    /// <param name="cv">The chaining value that proved it.</param>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void Write(ReadOnlySpan<byte> group, Hash256 cv)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        _pipeline ??= Begin(generation: 1);
        _pipeline.Write(group, cv);
    }

    /// <summary>Tells that bytes up to an offset have come to whoever writes here, though they cannot be written yet.
    /// </summary>
    public void Expect(long end) => _journal?.AppendSeen(end);

    /// <summary>Leaves what is on the disk to the next import of the content.</summary>
    public void Dispose()
    {
        if (!_isOver)
        {
            _isOver = true;
            _pipeline?.Leave();
            _journal?.Dispose();
            LetGo();
        }
    }

    /// <summary>Ends the content. Nothing of it is durable yet.</summary>
    internal StagedContent Finish()
    {
        if (Position != Size)
        {
            throw new StoreRefusedException("incomplete", $"{Position} of {Size} bytes of {Content} came");
        }

        try
        {
            return (_pipeline ??= Begin(generation: 1)).Finish();
        }
        catch (StoreRefusedException)
        {
            // What was taken up is wrong: the next import begins anew.
            Dispose();
            _journal?.Delete();
            throw;
        }
    }

    /// <summary>The content is here: nothing is left to take up.</summary>
    internal void Complete()
    {
        if (!_isOver)
        {
            _isOver = true;
            _journal?.Delete();
            LetGo();
        }
    }

    private void TakeUp()
    {
        if (!_isHeld)
        {
            return;
        }

        using var left = ImportProgress.Read(_core.Files, Content, _use.Class.Tag, Size);
        if (!left.IsAny)
        {
            return;
        }

        _pipeline = Begin(left.NextGeneration);
        _pipeline.Resume(left);
        _journal!.AppendSeen(left.Seen); // made by Begin while the name is held
        BytesAgain = Math.Max(0, Math.Min(left.Seen, Size) - Position);
        left.Delete();
    }

    private ImportPipeline Begin(int generation)
    {
        _journal = _isHeld
            ? ImportJournal.Create(_core.Files, Content, _use.Class.Tag, Size, generation)
            : null;
        var early = _journal is not { } journal
            ? _early
            : _early with
            {
                Seal = blocks =>
                {
                    _early.Seal(blocks);
                    journal.Sync();
                },
            };
        return new ImportPipeline(_core, _use, Content, early, _journal);
    }

    private void LetGo()
    {
        if (_isHeld)
        {
            _isHeld = false;
            lock (_core.State)
            {
                _core.Importing.Remove(_name);
            }
        }
    }
}
