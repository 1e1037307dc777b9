namespace Omega.P2P.Storage.Logs;

/// <summary>Records of one log file that carry inline bytes there, by ascending number, and how many bytes of those lie
/// before any record.</summary>
internal sealed class InlineMap
{
    private readonly List<(long Number, long End)> _records = [];

    public int Count => _records.Count;

    public long TotalBytes => _records.Count == 0 ? 0 : _records[^1].End;

    /// <summary>Each record's number and its inline length.</summary>
    public IEnumerable<(long Number, int Length)> Records
    {
        get
        {
            long before = 0;
            foreach (var (number, end) in _records)
            {
                yield return (number, (int)(end - before));
                before = end;
            }
        }
    }

    public void Add(long number, int length) => _records.Add((number, TotalBytes + length));

    /// <summary>Inline bytes of all records below a number. O(log n).</summary>
    public long BytesBefore(long number)
    {
        var (low, high) = (0, _records.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_records[middle].Number < number)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? 0 : _records[low - 1].End;
    }
}
