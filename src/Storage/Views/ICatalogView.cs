using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Views;

/// <summary>A place in the local log.</summary>
/// <param name="Record">Count of records up to here; 0 is before the first.</param>
/// <param name="Hash">Hash of the last of them, which chains all before it; zero at 0.</param>
/// <param name="Next">Where the record after it begins, in the log without file headers and inline bytes.</param>
public readonly record struct CatalogPosition(long Record, Hash256 Hash, long Next)
{
    /// <summary>Before the first record.</summary>
    public static CatalogPosition Start => default;
}

/// <summary>A row's place in the order of lists.</summary>
public readonly record struct CatalogPlace(long CreatedUnixMs, ArtifactKey Key, DomainId Domain);

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
    string Audience)
{
    /// <summary>Where it stands.</summary>
    public CatalogPlace Place => new(CreatedUnixMs, Key, Domain);
}

/// <summary>One artifact changed: at its place there is now this row, or (null) none.</summary>
public readonly record struct CatalogChange(CatalogPlace Place, CatalogRow? Row);

/// <summary>Restrictions that must all hold; null restricts nothing.</summary>
public sealed record CatalogQuery
{
    /// <summary>Exactly this brane.</summary>
    public string? Brane { get; init; }

    /// <summary>Exactly this type tag.</summary>
    public string? Kind { get; init; }

    /// <summary>Exactly this source domain.</summary>
    public DomainId? Domain { get; init; }

    /// <summary>Only rows after this place.</summary>
    public CatalogPlace? After { get; init; }

    /// <summary>Most rows to give; from 1.</summary>
    public int CountMax { get; init; } = int.MaxValue;
}

/// <summary>
/// A queryable view of the artifacts, which anyone may delete: it knows which place of the local log it reflects and is
/// filled again from there (law 5). Used through <see cref="Catalog"/>. One caller at a time.
/// </summary>
public interface ICatalogView : IDisposable
{
    /// <summary>The place of the log that the rows reflect; while it is being filled, the place where that
    /// began.</summary>
    CatalogPosition Position { get; }

    /// <summary>Up to where in the order of lists it has been filled (empty: not begun), as
    /// <see cref="ICatalogSource"/> told it; null once it is whole.</summary>
    ReadOnlyMemory<byte>? Filled { get; }

    /// <summary>Takes in changes, the new position and how far it is filled together, all or none.</summary>
    /// <exception cref="CatalogViewLostException">The view was damaged and is empty now.</exception>
    void Apply(IReadOnlyList<CatalogChange> changes, CatalogPosition position, ReadOnlyMemory<byte>? filled);

    /// <summary>Rows by ascending (created, key, domain).</summary>
    /// <exception cref="CatalogViewLostException">The view was damaged and is empty now.</exception>
    IReadOnlyList<CatalogRow> Find(CatalogQuery query);

    /// <summary>Forgets everything: at <see cref="CatalogPosition.Start"/>, its filling not begun.</summary>
    void Clear();
}

/// <summary>What a view follows: the local log, and what is live now.</summary>
public interface ICatalogSource
{
    /// <summary>The last record's place.</summary>
    CatalogPosition End { get; }

    /// <summary>What is live now, in the order of lists, after a place in it.</summary>
    /// <param name="after">Where to go on: empty begins; on return where to go on then.</param>
    /// <param name="countMax">Most rows to give; fewer are the last.</param>
    IReadOnlyList<CatalogRow> LiveAfter(ref ReadOnlyMemory<byte> after, int countMax);

    /// <summary>What the records after a place changed, as it is now; null where the place does not lie on this log.
    /// </summary>
    /// <param name="position">Where to go on, which becomes the place of the last record read.</param>
    /// <param name="recordsMax">Most records to read.</param>
    IReadOnlyList<CatalogChange>? ChangesAfter(ref CatalogPosition position, int recordsMax);
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
