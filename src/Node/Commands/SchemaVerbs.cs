using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Node.Time;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega schema add|ls|show|rm`.</summary>
internal static class SchemaVerbs
{
    private static readonly Argument<string> Kind = new("KIND") { Description = "Type tag, such as sensor.reading" };

    private static readonly Argument<string> File = new("FILE") { Description = "A JSON Schema, or - for stdin" };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask" };

    public static Verb Create() => new Verb("schema", "What the metadata of a kind must be: add, ls, show, rm").With(
        new Verb("add", "From now on metadata of this kind must keep this JSON Schema (2020-12 or draft 7; no remote " +
            "references, no backtracking patterns)",
            "omega schema add sensor.reading reading.schema.json",
            "omega put r.bin --kind sensor.reading --meta-json r.json").With(Kind, File).Does(Add),
        new Verb("ls", "List kinds that have a schema").Does(List),
        new Verb("show", "Print the schema of a kind", "omega schema show sensor.reading").With(Kind).Does(Show),
        new Verb("rm", "Free a kind again; what is stored stays", "omega schema rm sensor.reading --yes")
            .With(Kind, Yes).Does(Remove));

    private static ExitCode Add(CommandContext context)
    {
        var json = PutVerb.SmallText(context.Get(File), "FILE");
        using var service = Services.Open(context);
        var answer = service.AddSchema(context.Get(Kind), json, context.Cancel);
        context.Terminal.Object(answer.Write);
        context.Terminal.Check($"metadata of {answer.Kind} is checked from now on");
        return ExitCode.Ok;
    }

    private static ExitCode List(CommandContext context)
    {
        using var service = Services.Open(context);
        var schemas = service.Schemas(context.Cancel);
        if (context.Terminal.Json)
        {
            context.Terminal.Lines(schemas.Select(s => s.Line()));
            return ExitCode.Ok;
        }

        var table = new Table("kind", "size", "age");
        foreach (var schema in schemas)
            table.Add(schema.Kind, Figures.Bytes(schema.Json.Length),
                Figures.Age(schema.AddedUnixMs, SystemClock.Now().UnixMs));
        if (schemas.Count == 0) context.Terminal.Notice("no schemas");
        else context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static ExitCode Show(CommandContext context)
    {
        using var service = Services.Open(context);
        var kind = context.Get(Kind);
        var schema = service.Schemas(context.Cancel).FirstOrDefault(known => known.Kind == kind) ??
            throw OmegaException.NotFound($"no schema is registered for {kind}", "omega schema ls");
        context.Terminal.Object(schema.Write);
        if (!context.Terminal.Json) context.Terminal.Line(schema.Json.TrimEnd());
        return ExitCode.Ok;
    }

    private static ExitCode Remove(CommandContext context)
    {
        Confirmation.Require(context, context.Get(Yes), $"Stop checking the metadata of {context.Get(Kind)}?");
        using var service = Services.Open(context);
        var answer = service.RemoveSchema(context.Get(Kind), context.Cancel);
        context.Terminal.Object(answer.Write);
        context.Terminal.Check($"metadata of {context.Get(Kind)} is free");
        return ExitCode.Ok;
    }
}
