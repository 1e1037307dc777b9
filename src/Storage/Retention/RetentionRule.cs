namespace Omega.P2P.Storage.Retention;

/// <summary>
/// How long artifacts of a brane and type are kept. Of several rules that fit, the one that names more counts; a rule
/// for a type goes before a rule for a brane. Pins and holds win over every rule.
/// </summary>
/// <param name="Brane">Exactly this brane; null: any.</param>
/// <param name="Type">Exactly this type tag; null: any.</param>
public sealed record RetentionRule(string? Brane, string? Type)
{
    /// <summary>The newest so many of each (brane, type) stay; null: none for this reason.</summary>
    public long? KeepLast { get; init; }

    /// <summary>Those younger than this stay, in milliseconds; null: none for this reason.</summary>
    public long? KeepForMs { get; init; }

    /// <summary>Bytes older than this may leave the disk for a colder place, in milliseconds; null: never.</summary>
    public long? ColdAfterMs { get; init; }

    /// <summary>Whether the rule makes artifacts expire at all: one that says neither what nor how long keeps
    /// everything.</summary>
    public bool Expires => KeepLast is not null || KeepForMs is not null;

    /// <summary>Whether nothing is said: such a rule ends the one before it.</summary>
    public bool IsEmpty => !Expires && ColdAfterMs is null;

    /// <summary>Whether it is about artifacts of this brane and type.</summary>
    public bool Fits(string brane, string type) => (Brane is null || Brane == brane) && (Type is null || Type == type);

    /// <summary>Of two that fit, the higher one counts.</summary>
    internal int Weight => (Type is null ? 0 : 2) + (Brane is null ? 0 : 1);
}
