using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Documents;

/// <summary>
/// Small durable documents by key, in memory and in one journal file: what the mesh must not forget. Changes are seen
/// by this object at once and become durable together at <see cref="Commit"/>: after a crash either all of a commit is
/// there or none of it. Keys order by UTF-16 code unit (ordinal). Safe for use from several threads.
/// <para>Once a write or sync has failed, what the device holds is unknown: every later call throws until the store is
/// opened again.</para>
/// </summary>
public sealed class DocumentStore : IDisposable
{
    private readonly object _gate = new();
    private readonly DocumentLimits _limits;
    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, byte[]?> _pending = new(StringComparer.Ordinal);
    private readonly DocumentJournal _journal;
    private long _liveBytes;
    private long _compactAt;
    private bool _failed;

    private DocumentStore(IFileSystem files, string folder, DocumentLimits limits)
    {
        _limits = limits;
        _journal = DocumentJournal.Open(files, folder, limits, Apply);
        ScheduleCompaction();
    }

    /// <summary>Number of documents, changes that are not committed yet included.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _values.Count;
        }
    }

    /// <summary>
    /// Opens the documents of a folder, which is made where it is absent; a torn last commit is dropped.
    /// </summary>
    /// <exception cref="StoreDamagedException">Bytes of a commit that was acknowledged have changed.</exception>
    public static DocumentStore Open(IFileSystem files, string folder, DocumentLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(folder);
        return new DocumentStore(files, folder, limits ?? new DocumentLimits());
    }

    /// <summary>Sets a document; nothing happens where it already has these bytes. The span is copied.</summary>
    /// <exception cref="ArgumentException">
    /// Key empty, longer than 256 bytes of UTF-8 or not Unicode; value over 1 MiB.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// All documents together exceed <see cref="DocumentLimits.LiveBytesMax"/>.
    /// </exception>
    public void Put(string key, ReadOnlySpan<byte> value)
    {
        RequireKey(key);
        if (value.Length > _limits.ValueBytesMax)
            throw new ArgumentException($"a document holds at most {_limits.ValueBytesMax} bytes", nameof(value));
        lock (_gate)
        {
            RequireUsable();
            if (_values.TryGetValue(key, out byte[]? present) && value.SequenceEqual(present))
                return;
            if (_liveBytes + value.Length > _limits.LiveBytesMax)
                throw new InvalidOperationException($"documents take at most {_limits.LiveBytesMax} bytes together");
            byte[] copy = value.ToArray();
            Apply(key, copy);
            _pending[key] = copy;
        }
    }

    /// <summary>Removes a document; nothing happens where it is absent.</summary>
    public void Delete(string key)
    {
        RequireKey(key);
        lock (_gate)
        {
            RequireUsable();
            if (!_values.ContainsKey(key))
                return;
            Apply(key, null);
            _pending[key] = null;
        }
    }

    /// <summary>Finds a document. The memory stays valid and unchanged after later puts.</summary>
    public bool TryGet(string key, out ReadOnlyMemory<byte> value)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_gate)
        {
            RequireUsable();
            bool found = _values.TryGetValue(key, out byte[]? bytes);
            value = bytes;
            return found;
        }
    }

    /// <summary>
    /// All documents whose key starts with a prefix, in key order, as they are now; later changes do not show.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> Scan(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        lock (_gate)
        {
            RequireUsable();
            var found = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
            if (_keys.Count == 0 || string.CompareOrdinal(prefix, _keys.Max) > 0)
                return found;
            foreach (string key in _keys.GetViewBetween(prefix, _keys.Max!))
            {
                if (!key.StartsWith(prefix, StringComparison.Ordinal))
                    break;
                found.Add(new(key, _values[key]));
            }

            return found;
        }
    }

    /// <summary>
    /// Makes all changes since the last commit durable with one sync, all or none; free where there are none. Every so
    /// often it also rewrites the journal without what is no longer live.
    /// </summary>
    /// <returns>Whether there was anything to commit.</returns>
    /// <exception cref="InvalidOperationException">
    /// The changes exceed <see cref="DocumentLimits.CommitBytesMax"/>; they are kept, nothing was written.
    /// </exception>
    /// <exception cref="IOException">The device failed; this object can no longer be used.</exception>
    public bool Commit()
    {
        lock (_gate)
        {
            RequireUsable();
            if (_pending.Count == 0)
                return false;
            byte[] frame = PendingFrame();
            _failed = true;
            _journal.Append(frame);
            _pending.Clear();
            if (_journal.Length >= _compactAt)
                Compact();
            _failed = false;
            return true;
        }
    }

    /// <summary>Closes the journal; changes that were not committed are lost.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _failed = true;
            _journal.Dispose();
        }
    }

    private void Apply(string key, byte[]? value)
    {
        if (_values.TryGetValue(key, out byte[]? present))
            _liveBytes -= DocumentFrame.Size(key, present);
        if (value is null)
        {
            _values.Remove(key);
            _keys.Remove(key);
            return;
        }

        _values[key] = value;
        _keys.Add(key);
        _liveBytes += DocumentFrame.Size(key, value);
    }

    private byte[] PendingFrame()
    {
        using var frame = new MemoryStream();
        frame.SetLength(frame.Position = DocumentFrame.HeaderLength);
        foreach ((string key, byte[]? value) in _pending)
            DocumentFrame.Write(frame, key, value);
        if (frame.Length - DocumentFrame.HeaderLength > _limits.CommitBytesMax)
            throw new InvalidOperationException($"a commit holds at most {_limits.CommitBytesMax} bytes");
        return frame.ToArray();
    }

    private void Compact()
    {
        if (_journal.TryCompact(_keys.Select(key => KeyValuePair.Create(key, _values[key]))))
            ScheduleCompaction();
        else
            _compactAt = _journal.Length * 2;
    }

    private void ScheduleCompaction()
    {
        long ratioReached = Math.Min(_liveBytes * _limits.CompactionRatio, _limits.JournalBytesMax / 2);
        _compactAt = Math.Max(_limits.CompactionBytesMin, ratioReached);
    }

    private void RequireUsable()
    {
        if (_failed)
            throw new IOException("the document store was closed, or failed to write; open it again");
    }

    private void RequireKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        int length = DocumentFrame.KeyLength(key);
        if (length < 0 || length > _limits.KeyBytesMax)
            throw new ArgumentException($"a key is 1 to {_limits.KeyBytesMax} bytes of Unicode text", nameof(key));
    }
}
