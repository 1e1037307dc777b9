using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Ipfs;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega car export|import`.</summary>
internal static class CarVerbs
{
    private static readonly Argument<string[]> Ids = new("ID")
    {
        Description = "Artifacts, or files of packages; each becomes a root",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "File to write, or - for stdout",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<bool> Force = new("--force") { Description = "Replace a file that is there" };

    private static readonly Option<string> Hash = new("--hash")
    {
        Description = "Names the blocks: blake3, as bitswap serves them, or sha2-256, which all IPFS software checks",
        HelpName = "FUNCTION",
        DefaultValueFactory = _ => CarOrder.Blake3,
    };

    private static readonly Argument<string> File = new("FILE") { Description = "A CAR file, or - for stdin" };

    public static Verb Create() => new Verb("car", "CAR files, by which IPFS software exchanges blocks").With(
        new Verb("export", "Write artifacts with all their blocks to one CAR file (version 1)",
            "omega car export b3:9af2 -o snap.car",
            "omega car export b3:9af2 b3:77aa --hash sha2-256 -o - | ipfs-car unpack --output out")
            .With(Ids, Output, Force, Hash).Does(Export),
        new Verb("import", "Check a CAR file block by block and take in what its roots lead to: files, and folders as "
            + "packages",
            "omega car import snap.car --publish",
            "ipfs dag export bafy… | omega car import -")
            .With(File, PutOptions.Kind, PutOptions.Brane, PutOptions.Meta, PutOptions.Publish, PutOptions.Public,
                PutOptions.Audience)
            .Does(Import));

    private static ExitCode Export(CommandContext context)
    {
        var path = context.Get(Output)!;
        using var output = OutputFile.Create(path, context.Get(Force));
        using var service = Services.Open(context);
        using var car = new CarCheckStream(
            output.Stream, bytes => context.Terminal.Progress($"writing {Figures.Bytes(bytes)}"), context.Cancel);
        service.ExportCar(new CarOrder(context.Get(Ids), context.Get(Hash)!), car, context.Cancel);
        car.RequireWhole();
        output.Commit();
        if (context.Terminal.Json)
        {
            if (output.IsStandardOutput) return ExitCode.Ok;
            context.Terminal.Object(w =>
            {
                w.WriteString("file", path);
                w.WriteNumber("bytes", car.Bytes);
                w.WriteNumber("blocks", car.Blocks);
                w.Texts("roots", car.Roots.Select(root => root.ToString()));
            });
            return ExitCode.Ok;
        }

        Action<string> check = output.IsStandardOutput
            ? text => context.Terminal.Notice($"✓ {text}")
            : context.Terminal.Check;
        foreach (var root in car.Roots) check($"root {root}");
        check($"wrote {Figures.Count(car.Blocks, "block")}, {Figures.Bytes(car.Bytes)} → {path}");
        return ExitCode.Ok;
    }

    private static ExitCode Import(CommandContext context)
    {
        var order = PutOptions.Order(context);
        var terminal = context.Terminal;
        using var service = Services.Open(context);
        using var car = CarFile.Open(
            context.Get(File), context.Home.Root, bytes => terminal.Progress($"checked {Figures.Bytes(bytes)}"),
            context.Cancel);
        if (car.Roots.Count == 0)
            throw OmegaException.Usage("the file names no root: there is nothing to take in", "FILE");
        if (!terminal.Json) terminal.Notice($"checked {Figures.Count(car.Blocks, "block")} of {car.Bytes} bytes");
        var import = new TreeImport(service, order, car)
        {
            OnProgress = (bytes, total) => terminal.Progress(
                $"taking in {Figures.Bytes(bytes)}" + (total < 0 ? "" : $" of {Figures.Bytes(total)}")),
        };
        var done = 0;
        foreach (var root in car.Roots.Distinct())
        {
            try
            {
                ImportAnswer.Show(terminal, order,
                    new ImportAnswer(root.ToString(), import.Import(root, context.Cancel)));
                done++;
            }
            catch (OmegaException failure) when (done > 0)
            {
                // What was taken in stays: whoever reads the exit code must know that it is not all.
                throw new OmegaException(ExitCode.Partial, failure.Code, $"root {root}: {failure.Message}")
                {
                    Hint = failure.Hint,
                    Field = failure.Field,
                };
            }
        }

        return ExitCode.Ok;
    }
}
