namespace Omega.P2P.Storage.Views;

/// <summary>
/// Answers from a view that is first brought up to the end of the log: opened at the first question (a command that
/// asks nothing pays nothing), emptied where its position is not on this log, filled again once where it was lost.
/// Safe for use from several threads.
/// </summary>
public sealed class Catalog : IDisposable
{
    private const int BatchCount = 4096;

    private readonly Lock _gate = new();
    private readonly Func<ICatalogView> _open;
    private readonly ICatalogSource _source;
    private ICatalogView? _view;

    /// <summary>Opens nothing yet.</summary>
    public Catalog(Func<ICatalogView> open, ICatalogSource source)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(source);
        (_open, _source) = (open, source);
    }

    /// <summary>Rows by ascending (created, key), as the log is now.</summary>
    /// <exception cref="CatalogViewLostException">
    /// The view was lost twice in one question: its disk does not work.
    /// </exception>
    public IReadOnlyList<CatalogRow> Find(CatalogQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_gate)
        {
            _view ??= _open();
            try
            {
                return FindNow(_view, query);
            }
            catch (CatalogViewLostException)
            {
                return FindNow(_view, query);
            }
        }
    }

    /// <summary>Closes the view, if it was opened.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _view?.Dispose();
            _view = null;
        }
    }

    private IReadOnlyList<CatalogRow> FindNow(ICatalogView view, CatalogQuery query)
    {
        Follow(view);
        return view.Find(query);
    }

    /// <summary>
    /// Only the last batch moves the position to the end: a fill that is cut short starts again from where it began,
    /// which is harmless because a change says what is, not what to add; one from the start is emptied before, because
    /// from there the log tells only of what is live.
    /// </summary>
    private void Follow(ICatalogView view)
    {
        CatalogPosition end = _source.End;
        if (view.Position == end)
            return;
        if (view.Position == CatalogPosition.Start || !_source.Contains(view.Position))
            view.Clear();
        CatalogPosition begin = view.Position;
        var batch = new List<CatalogChange>(BatchCount);
        foreach (CatalogChange change in _source.ChangesAfter(begin.Record))
        {
            batch.Add(change);
            if (batch.Count < BatchCount)
                continue;
            view.Apply(batch, begin);
            batch.Clear();
        }

        view.Apply(batch, end);
    }
}
