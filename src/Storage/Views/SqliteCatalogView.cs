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
/// lock already keeps others out. Rows lie in the order of lists, in which they also come: filling ten million appends
/// to four trees and searches in none.
/// </summary>
public sealed class SqliteCatalogView : ICatalogView
{
    private const int SchemaVersion = 2;

    /// <summary>SQLITE_IOERR and SQLITE_FULL.</summary>
    private const int InputOutputError = 10;
    private const int FullError = 13;

    private const string Schema = """
        CREATE TABLE place (domain BLOB NOT NULL, record INTEGER NOT NULL, hash BLOB NOT NULL, next INTEGER NOT NULL,
            filled BLOB);
        CREATE TABLE domain (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
        CREATE TABLE artifact (
            created INTEGER NOT NULL, key BLOB NOT NULL, domain INTEGER NOT NULL, content BLOB NOT NULL,
            size INTEGER NOT NULL, type TEXT NOT NULL, brane TEXT NOT NULL, audience TEXT NOT NULL,
            PRIMARY KEY (created, key, domain)
        ) WITHOUT ROWID;
        CREATE INDEX by_brane ON artifact (brane, created);
        CREATE INDEX by_type ON artifact (type, created);
        CREATE INDEX by_both ON artifact (brane, type, created);
        CREATE INDEX by_domain ON artifact (domain, created) WHERE domain > 1;
        """;

    private const string Upsert =
        "INSERT OR REPLACE INTO artifact (created, key, domain, content, size, type, brane, audience) "
        + "VALUES ($created, $key, $domain, $content, $size, $type, $brane, $audience)";

    private const string Delete =
        "DELETE FROM artifact WHERE created = $created AND key = $key AND domain = $domain";

    private const string Columns = "created, key, domain, content, size, type, brane, audience";

    private static readonly string[] Suffixes = ["", "-wal", "-shm", "-journal"];

    private readonly IFileSystem _files;
    private readonly string _path;
    private readonly string _absolutePath;
    private readonly DomainId _own;
    private readonly Dictionary<DomainId, long> _numbers = [];
    private readonly Dictionary<long, DomainId> _domains = [];
    private SqliteConnection _connection;

    private SqliteCatalogView(IFileSystem files, string path, string absolutePath, DomainId own)
    {
        (_files, _path, _absolutePath, _own) = (files, path, absolutePath, own);
        _connection = Connect();
    }

    /// <inheritdoc/>
    public CatalogPosition Position { get; private set; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Filled { get; private set; }

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
        {
            view.Clear();
        }

        return view;
    }

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<CatalogChange> changes, CatalogPosition position, ReadOnlyMemory<byte>? filled)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Guarded(() =>
        {
            using var transaction = _connection.BeginTransaction();
            Write(changes);
            Execute("UPDATE place SET record = $record, hash = $hash, next = $next, filled = $filled",
                ("$record", position.Record), ("$hash", position.Hash.ToArray()), ("$next", position.Next),
                ("$filled", filled?.ToArray()));
            transaction.Commit();
            (Position, Filled) = (position, filled);
            return true;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<CatalogRow> Find(CatalogQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Guarded(() =>
        {
            var rows = new List<CatalogRow>();
            if (query.Domain is { } named && !_numbers.ContainsKey(named))
            {
                return rows;
            }

            using var command = Command(Select(query));
            if (query.Domain is { } domain) Bind(command, "$domain", _numbers[domain]);
            if (query.Brane is { } brane) Bind(command, "$brane", brane);
            if (query.Kind is { } kind) Bind(command, "$type", kind);
            if (query.After is { } after)
            {
                Bind(command, "$createdAfter", after.CreatedUnixMs);
                Bind(command, "$keyAfter", after.Key.Hash.ToArray());
                Bind(command, "$domainAfter", _numbers.GetValueOrDefault(after.Domain, long.MaxValue));
            }

            Bind(command, "$limit", query.CountMax);
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                rows.Add(Row(reader));
            }

            return rows;
        });
    }

    /// <inheritdoc/>
    public void Clear()
    {
        DeleteFiles();
        _connection = Connect();
        OpenConnection();
        using var transaction = _connection.BeginTransaction();
        Execute(Schema);
        Execute("INSERT INTO domain VALUES (1, $own)", ("$own", _own.Hash.ToArray()));
        Execute("INSERT INTO place VALUES ($own, 0, $hash, 0, x'')",
            ("$own", _own.Hash.ToArray()), ("$hash", new byte[Hash256.Size]));
        Execute("PRAGMA user_version = " + SchemaVersion.ToString(CultureInfo.InvariantCulture));
        transaction.Commit();
        (Position, Filled) = (CatalogPosition.Start, ReadOnlyMemory<byte>.Empty);
        _numbers.Clear();
        _domains.Clear();
        Know(1, _own);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _connection.Dispose();

    /// <summary>Only the restrictions that are there, so that one of the indexes fits.</summary>
    private string Select(CatalogQuery query)
    {
        List<string> wanted = [];
        if (query.Brane is not null) wanted.Add("brane = $brane");
        if (query.Kind is not null) wanted.Add("type = $type");
        // The index over domains leaves this one's own out, for nearly all rows are its: a question must say so, too.
        if (query.Domain is not null) wanted.Add("domain = $domain");
        if (query.Domain is { } other && other != _own) wanted.Add("domain > 1");
        if (query.After is not null) wanted.Add("(created, key, domain) > ($createdAfter, $keyAfter, $domainAfter)");
        return $"SELECT {Columns} FROM artifact {(wanted.Count == 0 ? "" : "WHERE ")}{string.Join(" AND ", wanted)} "
            + "ORDER BY created, key, domain LIMIT $limit";
    }

    private CatalogRow Row(SqliteDataReader reader) => new(
        ArtifactKey.From(HashAt(reader, 1)), ContentId.From(HashAt(reader, 3)), reader.GetInt64(4),
        reader.GetString(5), reader.GetString(6),
        _domains.TryGetValue(reader.GetInt64(2), out var domain)
            ? domain
            : throw new InvalidCastException("a row is of a domain that is not known"),
        reader.GetInt64(0), reader.GetString(7));

    private static Hash256 HashAt(SqliteDataReader reader, int column)
    {
        var bytes = (byte[])reader.GetValue(column);
        return bytes.Length == Hash256.Size
            ? Hash256.From(bytes)
            : throw new InvalidCastException($"column {column} holds {bytes.Length} bytes");
    }

    private void DeleteFiles()
    {
        _connection.Dispose();
        foreach (var suffix in Suffixes)
        {
            _files.Delete(_path + suffix);
        }
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
            {
                return false;
            }

            using (var domains = Command("SELECT number, id FROM domain"))
            using (var reader = domains.ExecuteReader())
            {
                while (reader.Read())
                {
                    Know(reader.GetInt64(0), DomainId.From(HashAt(reader, 1)));
                }
            }

            using var place = Command("SELECT domain, record, hash, next, filled FROM place");
            using var row = place.ExecuteReader();
            if (!row.Read() || DomainId.From(HashAt(row, 0)) != _own)
            {
                return false;
            }

            Position = new CatalogPosition(row.GetInt64(1), HashAt(row, 2), row.GetInt64(3));
            Filled = row.IsDBNull(4) ? default(ReadOnlyMemory<byte>?) : (byte[])row.GetValue(4);
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

    private void Write(IReadOnlyList<CatalogChange> changes)
    {
        using var upsert = Command(Upsert);
        using var delete = Command(Delete);
        foreach (var (place, row) in changes)
        {
            var command = row is null ? delete : upsert;
            Bind(command, "$created", place.CreatedUnixMs);
            Bind(command, "$key", place.Key.Hash.ToArray());
            Bind(command, "$domain", NumberOf(place.Domain));
            if (row is not null)
            {
                Bind(command, "$content", row.Content.Hash.ToArray());
                Bind(command, "$size", row.Size);
                Bind(command, "$type", row.Type);
                Bind(command, "$brane", row.Brane);
                Bind(command, "$audience", row.Audience);
            }

            command.ExecuteNonQuery();
        }
    }

    private long NumberOf(DomainId domain)
    {
        if (!_numbers.TryGetValue(domain, out var number))
        {
            number = _numbers.Count + 1;
            Execute("INSERT INTO domain VALUES ($number, $id)", ("$number", number), ("$id", domain.Hash.ToArray()));
            Know(number, domain);
        }

        return number;
    }

    private void Know(long number, DomainId domain) => (_numbers[domain], _domains[number]) = (number, domain);

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e) when (e.SqliteErrorCode is FullError or InputOutputError)
        {
            // The disk is not to be filled again and again: what the view took is given back, for good.
            DeleteFiles();
            throw new IOException($"{_path} is given up: {e.Message}", e);
        }
        catch (Exception e) when (e is SqliteException or InvalidCastException)
        {
            Clear();
            throw new CatalogViewLostException($"{_path} was damaged and is made again: {e.Message}", e);
        }
    }

    private SqliteCommand Command(string text)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    /// <summary>Sets a parameter, which the first row of many adds and the others reuse.</summary>
    private static void Bind(SqliteCommand command, string name, object? value)
    {
        var at = command.Parameters.IndexOf(name);
        if (at < 0)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
        else
        {
            command.Parameters[at].Value = value ?? DBNull.Value;
        }
    }

    private void Execute(string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(text);
        foreach (var (name, value) in parameters)
        {
            Bind(command, name, value);
        }

        command.ExecuteNonQuery();
    }

    private object? Scalar(string text)
    {
        using var command = Command(text);
        return command.ExecuteScalar();
    }
}
