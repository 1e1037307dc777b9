using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>Something that is not as it should be.</summary>
/// <param name="What">`block-damaged`, `block-missing`, `directory-damaged`, `log-damaged`…</param>
/// <param name="Name">Which block; empty where it is none.</param>
/// <param name="Problem">In words.</param>
/// <param name="Artifacts">Ids of the artifacts hit.</param>
internal sealed record FindingAnswer(string What, string Name, string Problem, IReadOnlyList<string> Artifacts)
    : IAnswer<FindingAnswer>
{
    public static FindingAnswer Read(JsonElement json) =>
        new(json.Need("what"), json.Need("name"), json.Need("problem"), json.Texts("artifacts"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("what", What);
        writer.WriteString("name", Name);
        writer.WriteString("problem", Problem);
        writer.Texts("artifacts", Artifacts);
    }
}

/// <summary>What was checked and what was found.</summary>
internal sealed record VerifyAnswer(
    long Blocks, long Bytes, long Records, double Seconds, IReadOnlyList<FindingAnswer> Findings)
    : IAnswer<VerifyAnswer>
{
    public static VerifyAnswer Read(JsonElement json) => new(
        json.NeedNumber("blocks"), json.NeedNumber("bytes"), json.NeedNumber("records"), json.Real("seconds"),
        [.. json.Objects("findings").Select(FindingAnswer.Read)]);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("blocks", Blocks);
        writer.WriteNumber("bytes", Bytes);
        writer.WriteNumber("records", Records);
        writer.WriteNumber("seconds", Math.Round(Seconds, 6));
        writer.Objects("findings", Findings);
    }
}
