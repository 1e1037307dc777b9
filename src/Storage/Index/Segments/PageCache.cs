namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// Pages of all segments in one block of memory whose size never changes. Filter and fence pages have three quarters of
/// it for themselves, because each look-up needs them; data pages the rest. Pages leave by the second-chance rule.
/// Guarded by the index's gate; a page handed out is valid until the next call.
/// </summary>
internal sealed class PageCache
{
    private readonly Pool _maps;
    private readonly Pool _data;

    /// <summary>A cache of so many bytes, at least four pages.</summary>
    public PageCache(long sizeBytes)
    {
        var pages = (int)Math.Clamp(sizeBytes / PageView.Size, 4, int.MaxValue / PageView.Size);
        _data = new Pool(Math.Max(2, pages / 4));
        _maps = new Pool(Math.Max(2, pages - pages / 4));
    }

    /// <summary>Bytes of pages it may hold.</summary>
    public long CapacityBytes => (long)(_maps.Capacity + _data.Capacity) * PageView.Size;

    /// <summary>Data pages read from files so far.</summary>
    public long DataReads { get; private set; }

    /// <summary>Filter and fence pages read from files so far.</summary>
    public long MapReads { get; private set; }

    /// <summary>A page of a segment.</summary>
    /// <exception cref="IndexDamagedException">The page is not what was written.</exception>
    public ReadOnlySpan<byte> Get(SegmentReader segment, int number, PageKind kind)
    {
        var pool = kind == PageKind.Data ? _data : _maps;
        if (pool.TryGet((segment.Number, number), out var page))
        {
            return page;
        }

        if (kind == PageKind.Data)
        {
            DataReads++;
        }
        else
        {
            MapReads++;
        }

        page = pool.Take();
        segment.ReadPage(number, kind, page);
        pool.Commit((segment.Number, number));
        return page;
    }

    /// <summary>Forgets all pages of a segment that is gone.</summary>
    public void Drop(SegmentReader segment)
    {
        _maps.Drop(segment.Number);
        _data.Drop(segment.Number);
    }

    private sealed class Pool(int capacity)
    {
        private readonly Dictionary<(long Segment, int Page), int> _slots = [];
        private readonly (long Segment, int Page)?[] _owners = new (long, int)?[capacity];
        private readonly bool[] _wasUsed = new bool[capacity];
        private byte[]? _bytes;
        private int _hand;

        public int Capacity => capacity;

        public bool TryGet((long Segment, int Page) key, out Span<byte> page)
        {
            page = default;
            if (!_slots.TryGetValue(key, out var slot))
            {
                return false;
            }

            _wasUsed[slot] = true;
            page = PageAt(slot);
            return true;
        }

        /// <summary>A free page, which is only remembered after <see cref="Commit"/>.</summary>
        public Span<byte> Take()
        {
            while (_owners[_hand] is not null && _wasUsed[_hand])
            {
                _wasUsed[_hand] = false;
                _hand = (_hand + 1) % capacity;
            }

            if (_owners[_hand] is { } owner)
            {
                _slots.Remove(owner);
                _owners[_hand] = null;
            }

            return PageAt(_hand);
        }

        public void Commit((long Segment, int Page) key)
        {
            _slots.Add(key, _hand);
            _owners[_hand] = key;
            _wasUsed[_hand] = false;
            _hand = (_hand + 1) % capacity;
        }

        public void Drop(long segment)
        {
            for (var slot = 0; slot < capacity; slot++)
            {
                if (_owners[slot] is { } owner && owner.Segment == segment)
                {
                    _slots.Remove(owner);
                    _owners[slot] = null;
                }
            }
        }

        private Span<byte> PageAt(int slot)
        {
            _bytes ??= LastingArrays.New<byte>(capacity * PageView.Size);
            return _bytes.AsSpan(slot * PageView.Size, PageView.Size);
        }
    }
}
