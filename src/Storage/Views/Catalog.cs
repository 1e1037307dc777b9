using System.Diagnostics.CodeAnalysis;

namespace Omega.P2P.Storage.Views;

/// <summary>
/// Keeps a view at the end of the log, in small steps that somebody makes beside everything else, and answers from it
/// where it is there or nearly. Whoever gets no answer walks the store. Safe for use from several threads; a question
/// waits for one step at most.
/// </summary>
public sealed class Catalog : IDisposable
{
    /// <summary>Steps a question takes before it gives up: the view lags behind a burst of writes (guess: a twentieth
    /// of a second).</summary>
    private const int StepsPerQuestion = 4;

    private const int StepCount = 1024;

    private readonly Lock _gate = new();
    private readonly Func<ICatalogView> _open;
    private readonly ICatalogSource _source;
    private ICatalogView? _view;
    private bool _isClosed;

    /// <summary>Opens nothing yet.</summary>
    public Catalog(Func<ICatalogView> open, ICatalogSource source)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(source);
        (_open, _source) = (open, source);
    }

    /// <summary>One step towards the end of the log: some rows filled in, or some changes taken over.</summary>
    /// <returns>Whether there may be more to do.</returns>
    /// <exception cref="IOException">The disk failed or is full; from now on there is no view.</exception>
    public bool Work()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _view ??= _open();
            try
            {
                return Step(_view);
            }
            catch (CatalogViewLostException)
            {
                return true; // It is empty now: the next step begins to fill it.
            }
            catch
            {
                Close();
                throw;
            }
        }
    }

    /// <summary>Rows by ascending (created, key, domain), as the log is now; false where the view is not that far.
    /// </summary>
    public bool TryFind(CatalogQuery query, [NotNullWhen(true)] out IReadOnlyList<CatalogRow>? rows)
    {
        ArgumentNullException.ThrowIfNull(query);
        rows = null;
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _view ??= _open();
            try
            {
                var steps = 0;
                while (_view.Filled is null && Step(_view))
                {
                    if (++steps == StepsPerQuestion)
                    {
                        return false;
                    }
                }

                if (_view.Filled is not null)
                {
                    return false;
                }

                rows = _view.Find(query);
                return true;
            }
            catch (CatalogViewLostException)
            {
                return false;
            }
            catch (IOException)
            {
                Close(); // Whoever works on it is not told, and finds it closed.
                return false;
            }
        }
    }

    /// <summary>Closes the view, if it was opened, for good.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Close();
        }
    }

    private void Close()
    {
        _isClosed = true;
        _view?.Dispose();
        _view = null;
    }

    /// <summary>
    /// Filling notes the end of the log when it begins, and then takes over what came after that: harmless for rows
    /// that were filled in with it, because a change says what is, not what to add.
    /// </summary>
    private bool Step(ICatalogView view)
    {
        if (view.Filled is { } filled)
        {
            var begin = filled.IsEmpty ? _source.End : view.Position;
            var rows = _source.LiveAfter(ref filled, StepCount);
            view.Apply(
                [.. rows.Select(row => new CatalogChange(row.Place, row))], begin,
                rows.Count < StepCount ? default(ReadOnlyMemory<byte>?) : filled);
            return true;
        }

        var position = view.Position;
        if (_source.ChangesAfter(ref position, StepCount) is not { } changes)
        {
            view.Clear();
            return true;
        }

        if (position == view.Position)
        {
            return false;
        }

        view.Apply(changes, position, null);
        return true;
    }
}
