using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Eviction;

/// <summary>
/// Verified bytes of contents as they arrive, in any order, appended to one temporary file with a table of where each
/// stretch lies. Not thread-safe.
/// </summary>
internal sealed class SpooledRanges(IFileSystem files, string path) : IDisposable
{
    private readonly Dictionary<ContentId, SortedList<long, Stretch>> _contents = [];
    private IFile? _file;

    public void Add(ContentId content, long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        _file ??= files.Open(path, FileOpenMode.CreateNew);
        var at = _file.Length;
        _file.Append(bytes);
        if (!_contents.TryGetValue(content, out var stretches))
        {
            _contents.Add(content, stretches = []);
        }

        if (Floor(stretches, offset) is { } last && last.Start + last.Length == offset
            && last.SpoolOffset + last.Length == at)
        {
            stretches[last.Start] = last with { Length = last.Length + bytes.Length };
        }
        else if (!stretches.TryGetValue(offset, out var same) || same.Length < bytes.Length)
        {
            stretches[offset] = new Stretch(offset, bytes.Length, at);
        }
    }

    /// <summary>Fills the span from a content's offset on; false where not all of it has arrived.</summary>
    public bool TryRead(ContentId content, long offset, Span<byte> destination)
    {
        if (!_contents.TryGetValue(content, out var stretches))
        {
            return destination.IsEmpty;
        }

        while (!destination.IsEmpty)
        {
            if (Floor(stretches, offset) is not { } stretch || stretch.Start + stretch.Length <= offset)
            {
                return false;
            }

            var skip = offset - stretch.Start;
            var count = (int)Math.Min(destination.Length, stretch.Length - skip);
            if (_file!.ReadAt(stretch.SpoolOffset + skip, destination[..count]) != count)
            {
                throw new IOException($"{path} lost bytes");
            }

            destination = destination[count..];
            offset += count;
        }

        return true;
    }

    public void Dispose()
    {
        if (_file is not null)
        {
            _file.Dispose();
            files.Delete(path);
            _file = null;
        }
    }

    private static Stretch? Floor(SortedList<long, Stretch> stretches, long offset)
    {
        var (low, high) = (0, stretches.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (stretches.Keys[middle] <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high < 0 ? null : stretches.Values[high];
    }

    private readonly record struct Stretch(long Start, long Length, long SpoolOffset);
}
