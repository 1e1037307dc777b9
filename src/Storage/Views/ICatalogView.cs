using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Views;

/// <summary>A place in the local log.</summary>
/// <param name="Record">Count of records up to here; 0 is before the first.</param>
/// <param name="Hash">Hash of the last of them, which chains all before it; zero at 0.</param>
public readonly record struct CatalogPosition(long Record, Hash256 Hash)
{
    /// <summary>Before the first record.</summary>
    public static CatalogPosition Start => default;
}

/// <summary>
/// What <c>ls</c> filters and sorts by. Whether the bytes are here is not in it: it changes too often.
/// </summary>
public sealed record CatalogRow(
    ArtifactKey Key,
    ContentId Content,
    long Size,
    string Type,
    string Brane,
    DomainId Domain,
    long CreatedUnixMs,
    string Audience);

/// <summary>One artifact changed: it now has this row, or (null) is listed no longer.</summary>
public readonly record struct CatalogChange(ArtifactKey Key, CatalogRow? Row);

/// <summary>Restrictions that must all hold; null restricts nothing.</summary>
public sealed record CatalogQuery
{
    /// <summary>Exactly this brane.</summary>
    public string? Brane { get; init; }

    /// <summary>Exactly this type tag.</summary>
    public string? Kind { get; init; }

    /// <summary>Exactly this source domain.</summary>
    public DomainId? Domain { get; init; }

    /// <summary>Exactly this audience.</summary>
    public string? Audience { get; init; }

    /// <summary>Most rows to give; from 1.</summary>
    public int CountMax { get; init; } = int.MaxValue;
}

/// <summary>
/// A queryable view of the artifacts, which anyone may delete: it knows which place of the local log it reflects and is
/// filled again from there (law 5). Used through <see cref="Catalog"/>. One caller at a time.
/// </summary>
public interface ICatalogView : IDisposable
{
    /// <summary>The place of the log that the rows reflect.</summary>
    CatalogPosition Position { get; }

    /// <summary>Takes in changes and the new position together, all or none.</summary>
    /// <exception cref="CatalogViewLostException">The view was damaged and is empty now.</exception>
    void Apply(IReadOnlyList<CatalogChange> changes, CatalogPosition position);

    /// <summary>Rows by ascending (created, key).</summary>
    /// <exception cref="CatalogViewLostException">The view was damaged and is empty now.</exception>
    IReadOnlyList<CatalogRow> Find(CatalogQuery query);

    /// <summary>Forgets everything: the view is at <see cref="CatalogPosition.Start"/>.</summary>
    void Clear();
}

/// <summary>The local log as a view follows it.</summary>
public interface ICatalogSource
{
    /// <summary>The last record's place.</summary>
    CatalogPosition End { get; }

    /// <summary>Whether a place lies on this very log: that many records, and this hash of the last.</summary>
    bool Contains(CatalogPosition position);

    /// <summary>What changed after a number of records, in order; from 0, everything that is live.</summary>
    IEnumerable<CatalogChange> ChangesAfter(long record);
}

/// <summary>The view's file could not be read; it was dropped and starts empty. Filling it again cures it.</summary>
public sealed class CatalogViewLostException : Exception
{
    /// <summary>Creates the exception with the reason.</summary>
    public CatalogViewLostException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over the database's own.</summary>
    public CatalogViewLostException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>Creates the exception with a general message.</summary>
    public CatalogViewLostException() : base("the catalog view was lost")
    {
    }
}
