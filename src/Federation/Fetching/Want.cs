using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Fetching;

/// <summary>One content of a transfer: what nobody was asked for yet, what is under way, and who holds it.</summary>
internal sealed class Want(WantedContent content)
{
    public WantedContent Content { get; } = content;

    public RangeQueue Todo { get; } = new(content.Ranges);

    public List<Leg> Legs { get; } = [];

    public SortedSet<PeerId> Holders { get; } = [];

    /// <summary>Failures since the last proven byte.</summary>
    public int Tries { get; set; }

    /// <summary>Asked for by batches only.</summary>
    public bool IsBatched { get; set; }

    /// <summary>Requests for many that bring it: two where one is slow.</summary>
    public int Batches { get; set; }

    /// <summary>A request for many has brought it.</summary>
    public bool IsHere { get; set; }

    public bool IsDone => IsHere || (Todo.IsEmpty && Legs.Count == 0 && Batches == 0);

    /// <summary>Every wanted byte below was proven.</summary>
    public long Floor
    {
        get
        {
            var floor = Todo.First;
            foreach (var leg in Legs)
                floor = Math.Min(floor, leg.VerifiedTo);
            return floor;
        }
    }
}
