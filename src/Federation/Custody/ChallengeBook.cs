using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Federation.Custody;

/// <summary>Which contents holders are proving to us now; those are served to nobody meanwhile.</summary>
internal sealed class ChallengeBook
{
    private readonly Dictionary<Hash256, int> _open = [];

    public bool IsOpen(Hash256 content) => _open.ContainsKey(content);

    /// <summary>Whether any is being proven: a block may hold it.</summary>
    public bool IsAnyOpen => _open.Count > 0;

    public void Open(Hash256 content) => _open[content] = _open.GetValueOrDefault(content) + 1;

    public void Close(Hash256 content)
    {
        if (!_open.TryGetValue(content, out var count))
            return;
        if (count > 1)
            _open[content] = count - 1;
        else
            _open.Remove(content);
    }
}
