using System.Globalization;
using Microsoft.Data.Sqlite;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Views;

/// <summary>
/// The view in a SQLite file, <c>views/catalog.sqlite</c>. Anything wrong with it (another schema version, another
/// domain, a damaged page) drops the file; nothing is lost by that. Write-ahead log and exclusive lock: the store's own
/// lock already keeps others out.
/// </summary>
public sealed class SqliteCatalogView : ICatalogView
{
    private const int SchemaVersion = 1;

    private const string Schema = """
        CREATE TABLE place (domain BLOB NOT NULL, record INTEGER NOT NULL, hash BLOB NOT NULL);
        CREATE TABLE artifact (
            key BLOB PRIMARY KEY, content BLOB NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL,
            brane TEXT NOT NULL, domain BLOB NOT NULL, created INTEGER NOT NULL, audience TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX by_created ON artifact (created, key);
        CREATE INDEX by_brane ON artifact (brane, type, created, key);
        CREATE INDEX by_domain ON artifact (domain, created, key);
        """;

    private const string Upsert =
        "INSERT OR REPLACE INTO artifact (key, content, size, type, brane, domain, created, audience) "
        + "VALUES ($key, $content, $size, $type, $brane, $domain, $created, $audience)";

    private const string Select =
        "SELECT key, content, size, type, brane, domain, created, audience FROM artifact "
        + "WHERE ($brane IS NULL OR brane = $brane) AND ($type IS NULL OR type = $type) "
        + "AND ($domain IS NULL OR domain = $domain) AND ($audience IS NULL OR audience = $audience) "
        + "ORDER BY created, key LIMIT $limit";

    private static readonly string[] Suffixes = ["", "-wal", "-shm", "-journal"];

    private readonly IFileSystem _files;
    private readonly string _path;
    private readonly string _absolutePath;
    private readonly DomainId _domain;
    private SqliteConnection _connection;

    private SqliteCatalogView(IFileSystem files, string path, string absolutePath, DomainId domain)
    {
        (_files, _path, _absolutePath, _domain) = (files, path, absolutePath, domain);
        _connection = Connect();
    }

    /// <inheritdoc/>
    public CatalogPosition Position { get; private set; }

    /// <summary>Opens the view of a domain, or makes an empty one.</summary>
    /// <param name="files">The store's port, through which a useless file is dropped.</param>
    /// <param name="path">The file as the port names it.</param>
    /// <param name="absolutePath">The same file as the system names it: SQLite opens it by itself.</param>
    /// <param name="domain">Whose artifacts these are.</param>
    /// <exception cref="DllNotFoundException">libsqlite3 is not installed.</exception>
    public static SqliteCatalogView Open(IFileSystem files, string path, string absolutePath, DomainId domain)
    {
        ArgumentNullException.ThrowIfNull(files);
        SqliteLibrary.Require();
        DurableFiles.CreateFolder(files, DurableFiles.Parent(path));
        var view = new SqliteCatalogView(files, path, absolutePath, domain);
        if (!view.TryLoad())
            view.Recreate();
        return view;
    }

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<CatalogChange> changes, CatalogPosition position)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Guarded(() =>
        {
            using SqliteTransaction transaction = _connection.BeginTransaction();
            Write(changes);
            Execute("UPDATE place SET record = $record, hash = $hash",
                ("$record", position.Record), ("$hash", position.Hash.ToArray()));
            transaction.Commit();
            Position = position;
            return true;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<CatalogRow> Find(CatalogQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Guarded(() =>
        {
            using SqliteCommand command = Command(Select,
                ("$brane", query.Brane), ("$type", query.Kind), ("$domain", query.Domain?.Hash.ToArray()),
                ("$audience", query.Audience), ("$limit", query.CountMax));
            using SqliteDataReader reader = command.ExecuteReader();
            var rows = new List<CatalogRow>();
            while (reader.Read())
                rows.Add(Row(reader));
            return rows;
        });
    }

    /// <inheritdoc/>
    public void Clear() => Recreate();

    /// <summary>Closes the file.</summary>
    public void Dispose() => _connection.Dispose();

    private static CatalogRow Row(SqliteDataReader reader) => new(
        ArtifactKey.From(HashAt(reader, 0)), ContentId.From(HashAt(reader, 1)), reader.GetInt64(2),
        reader.GetString(3), reader.GetString(4), DomainId.From(HashAt(reader, 5)), reader.GetInt64(6),
        reader.GetString(7));

    private static Hash256 HashAt(SqliteDataReader reader, int column)
    {
        var bytes = (byte[])reader.GetValue(column);
        return bytes.Length == Hash256.Size
            ? Hash256.From(bytes)
            : throw new InvalidCastException($"column {column} holds {bytes.Length} bytes");
    }

    private SqliteConnection Connect()
    {
        var text = new SqliteConnectionStringBuilder { DataSource = _absolutePath, Pooling = false };
        return new SqliteConnection(text.ToString());
    }

    private bool TryLoad()
    {
        try
        {
            OpenConnection();
            if (Scalar("PRAGMA user_version") is not long version || version != SchemaVersion)
                return false;
            using SqliteCommand command = Command("SELECT domain, record, hash FROM place");
            using SqliteDataReader reader = command.ExecuteReader();
            if (!reader.Read() || DomainId.From(HashAt(reader, 0)) != _domain)
                return false;
            Position = new CatalogPosition(reader.GetInt64(1), HashAt(reader, 2));
            return true;
        }
        catch (Exception e) when (e is SqliteException or InvalidCastException)
        {
            return false;
        }
    }

    private void OpenConnection()
    {
        _connection.Open();
        Execute("PRAGMA locking_mode = EXCLUSIVE");
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = NORMAL");
    }

    private void Recreate()
    {
        _connection.Dispose();
        foreach (string suffix in Suffixes)
            _files.Delete(_path + suffix);
        _connection = Connect();
        OpenConnection();
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Execute(Schema);
        Execute("INSERT INTO place VALUES ($domain, 0, $hash)",
            ("$domain", _domain.Hash.ToArray()), ("$hash", new byte[Hash256.Size]));
        Execute("PRAGMA user_version = " + SchemaVersion.ToString(CultureInfo.InvariantCulture));
        transaction.Commit();
        Position = CatalogPosition.Start;
    }

    private void Write(IReadOnlyList<CatalogChange> changes)
    {
        foreach (CatalogChange change in changes)
        {
            if (change.Row is not { } row)
                Execute("DELETE FROM artifact WHERE key = $key", ("$key", change.Key.Hash.ToArray()));
            else
                Execute(Upsert,
                    ("$key", row.Key.Hash.ToArray()), ("$content", row.Content.Hash.ToArray()), ("$size", row.Size),
                    ("$type", row.Type), ("$brane", row.Brane), ("$domain", row.Domain.Hash.ToArray()),
                    ("$created", row.CreatedUnixMs), ("$audience", row.Audience));
        }
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is SqliteException or InvalidCastException)
        {
            Recreate();
            throw new CatalogViewLostException($"{_path} was damaged and is made again: {e.Message}", e);
        }
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        foreach ((string name, object? value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private void Execute(string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Command(text, parameters);
        command.ExecuteNonQuery();
    }

    private object? Scalar(string text)
    {
        using SqliteCommand command = Command(text);
        return command.ExecuteScalar();
    }
}
