using System.Text;

namespace Omega.P2P.Node.Output;

/// <summary>
/// Columns padded to their widest cell, two spaces apart; the last is not padded. No frames: easy to cut and grep.
/// </summary>
internal sealed class Table(params string[] headings)
{
    private readonly List<string[]> _rows = [headings];

    public int Count => _rows.Count - 1;

    public void Add(params string[] cells)
    {
        if (cells.Length != headings.Length) throw new ArgumentException("cells do not match the headings");
        _rows.Add(Array.ConvertAll(cells, Printable));
    }

    /// <summary>Heading line and rows; nothing where there are no rows.</summary>
    public IEnumerable<string> Lines()
    {
        if (Count == 0) yield break;
        var widths = new int[headings.Length];
        foreach (var row in _rows)
        {
            for (var i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], Width(row[i]));
        }

        foreach (var row in _rows)
        {
            var line = new StringBuilder();
            for (var i = 0; i < row.Length; i++)
            {
                line.Append(row[i]);
                if (i < row.Length - 1) line.Append(' ', widths[i] - Width(row[i]) + 2);
            }

            yield return line.ToString().TrimEnd();
        }
    }

    /// <summary>Text from other nodes must not move the cursor or colour the screen.</summary>
    public static string Printable(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        return string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }

    private static int Width(string text) => text.EnumerateRunes().Count();
}
