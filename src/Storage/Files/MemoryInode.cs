namespace Omega.P2P.Storage.Files;

/// <summary>
/// Bytes of one simulated file: what the process sees, and what the platter would give back after a power loss. Files
/// only grow at the end or are cut, so the durable bytes are a prefix of the visible ones; what an unsynced cut took is
/// kept beside them.
/// </summary>
internal sealed class MemoryInode
{
    private const int SectorSize = 512;

    private byte[] _bytes = [];
    private byte[]? _durableBeforeCut;
    private int _durableLength;

    public int Length { get; private set; }

    /// <summary>Bytes by which the file exceeds what is durable; zero when synced.</summary>
    public int UnsyncedLength => Math.Max(0, Length - _durableLength);

    public int ReadAt(long offset, Span<byte> destination)
    {
        if (offset >= Length)
        {
            return 0;
        }

        var count = (int)Math.Min(destination.Length, Length - offset);
        _bytes.AsSpan((int)offset, count).CopyTo(destination);
        return count;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = Length + bytes.Length;
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        }

        bytes.CopyTo(_bytes.AsSpan(Length));
        Length = needed;
    }

    public void Truncate(long length)
    {
        if (length > Length)
        {
            throw new IOException($"cannot cut {Length} bytes to {length}");
        }

        if (length < _durableLength && _durableBeforeCut is null)
        {
            _durableBeforeCut = _bytes.AsSpan(0, _durableLength).ToArray();
        }

        Length = (int)length;
        _durableLength = Math.Min(_durableLength, Length);
    }

    public void Sync()
    {
        _durableLength = Length;
        _durableBeforeCut = null;
    }

    /// <summary>Changes one byte in place, durably: rot.</summary>
    public void Flip(long offset, byte mask) => _bytes[(int)offset] ^= mask;

    /// <summary>Another file with the same bytes, all durable.</summary>
    public MemoryInode Copy() =>
        new() { _bytes = _bytes.AsSpan(0, Length).ToArray(), Length = Length, _durableLength = Length };

    /// <summary>Sectors that so many unsynced bytes touch, at most.</summary>
    public static int SectorsOf(int bytes) => (bytes + SectorSize - 1) / SectorSize;

    /// <summary>The process ends, and the platter gets everything.</summary>
    public void KeepAll() => Sync();

    /// <summary>Takes the state after a power loss: <paramref name="kept"/> of the unsynced bytes survive, those of
    /// their sectors as zeros that <paramref name="sectors"/> does not name.</summary>
    /// <param name="kept">At most <see cref="UnsyncedLength"/>.</param>
    /// <param name="sectors">One a sector of those bytes.</param>
    /// <param name="losesCut">Whether an unsynced cut, and so all after it, never happened.</param>
    public void Crash(int kept, ReadOnlySpan<bool> sectors, bool losesCut)
    {
        if (_durableBeforeCut is not null && losesCut)
        {
            _bytes = _durableBeforeCut;
            Length = _bytes.Length;
            Sync();
            return;
        }

        for (var i = 0; i < sectors.Length; i++)
        {
            var from = _durableLength + i * SectorSize;
            if (!sectors[i])
            {
                _bytes.AsSpan(from, Math.Min(SectorSize, _durableLength + kept - from)).Clear();
            }
        }

        Length = _durableLength + kept;
        Sync();
    }
}
