namespace Omega.P2P.Primitives.Bao;

/// <summary>Where a verified transfer stands after one call.</summary>
public enum BaoStatus
{
    /// <summary>All input is taken; the next item is not complete.</summary>
    NeedMore,

    /// <summary>One group is verified and handed over.</summary>
    Leaf,

    /// <summary>Every requested group has been handed over.</summary>
    Done,

    /// <summary>The transfer failed, for good; the error says why.</summary>
    Rejected,
}
