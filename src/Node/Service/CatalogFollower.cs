using Microsoft.Data.Sqlite;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Host;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Views;

namespace Omega.P2P.Node.Service;

/// <summary>
/// Keeps the store's view in SQLite up to date, in small steps on a thread of its own. Lists are answered from the
/// index until it is there. A daemon's work: it costs more than one question is worth.
/// </summary>
internal sealed class CatalogFollower : IDisposable
{
    private const string ViewPath = "views/catalog.sqlite";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Catalog _catalog;
    private readonly Thread _thread;
    private volatile bool _isOpen;

    /// <param name="store">Outlives this.</param>
    /// <param name="folder">Where it lies.</param>
    public CatalogFollower(DomainStore store, string folder)
    {
        _catalog = store.OpenCatalog(() => SqliteCatalogView.Open(
            new DiskFileSystem(folder), ViewPath, Path.Combine(folder, ViewPath), store.DomainId));
        _thread = new Thread(Follow) { IsBackground = true, Name = "catalog" };
        _thread.Start();
    }

    /// <summary>The view; null before it is open and where it cannot be.</summary>
    public Catalog? View => _isOpen ? _catalog : null;

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _catalog.Dispose();
        _stop.Dispose();
    }

    private void Follow()
    {
        try
        {
            var isMore = _catalog.Work(); // Opens it.
            _isOpen = true;
            while (!_stop.Token.WaitHandle.WaitOne(isMore ? TimeSpan.Zero : Pause))
            {
                isMore = _catalog.Work();
            }
        }
        catch (Exception e) when (e is IOException or SqliteException or DllNotFoundException)
        {
            _isOpen = false;
            Log.Warn($"lists do without {ViewPath} until the next start: {e.Message}");
        }
    }
}
