using System.Text.Json;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Answers;

/// <summary>An artifact made of an IPFS tree: what `put` says of it, and where it came from.</summary>
/// <param name="Root">The CID it was named by.</param>
/// <param name="Put">The artifact.</param>
internal sealed record ImportAnswer(string Root, PutAnswer Put) : IAnswer
{
    /// <summary>What fetching it took; null where it was in a file.</summary>
    public FetchFigures? Fetched { get; init; }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("root", Root);
        Put.Write(writer);
        if (Fetched is not { } fetched) return;
        writer.WriteNumber("blocks", fetched.Blocks);
        writer.WriteNumber("bytes_wire", fetched.BytesWire);
        writer.WriteNumber("seconds", Math.Round(fetched.Seconds, 6));
        writer.Texts("peers", fetched.Peers);
    }

    /// <summary>The line of `--json`, or the lines for people.</summary>
    public static void Show(Terminal terminal, PutOrder order, ImportAnswer answer)
    {
        terminal.Object(answer.Write);
        if (terminal.Json) return;
        var put = answer.Put;
        terminal.Line(put.Cid);
        var known = put.AlreadyThere ? "was here already" : "stored";
        terminal.Check(put.Files is { } files
            ? $"{known} {Figures.Count(files, "file")}, {Figures.Bytes(put.ContentBytes ?? 0)}, of {answer.Root}"
            : $"{known} {Figures.Bytes(put.Size)} of {answer.Root}");
        if (answer.Fetched is { } fetched)
        {
            terminal.Check(
                $"fetched {Figures.Count(fetched.Blocks, "block")} in {fetched.Seconds:0.0} s from " +
                $"{string.Join(", ", fetched.Peers)}, each held against its CID");
        }

        if (order.Audience is { } audience)
            terminal.Check(audience == PutOrder.PublicAudience ? "published to everyone" : $"published to {audience}");
    }
}

/// <summary>What fetching a tree took.</summary>
/// <param name="Blocks">Blocks taken.</param>
/// <param name="BytesWire">Bytes of bitswap messages received.</param>
/// <param name="Seconds">From the first dial to the last block.</param>
/// <param name="Peers">Who sent blocks.</param>
internal sealed record FetchFigures(long Blocks, long BytesWire, double Seconds, IReadOnlyList<string> Peers);
