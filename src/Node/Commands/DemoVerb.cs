using System.CommandLine;
using Omega.P2P.Node.Demo;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega demo [FILE]`.</summary>
internal static class DemoVerb
{
    private static readonly Argument<string?> File = new("FILE")
    {
        Description = "The file to play with (default: 5 MiB made up)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Verb Create() =>
        new Verb("demo", "Play the whole story with three nodes in a temporary folder",
            "omega demo",
            "omega demo photo.jpg")
            .With(File)
            .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var file = context.Find(File);
        if (file is not null && !System.IO.File.Exists(file))
            throw new OmegaException(ExitCode.NotFound, "no_such_file", $"there is no file {file}") { Field = "FILE" };
        using var story = new DemoStory(context.Terminal, file is null ? null : Path.GetFullPath(file), context.Cancel);
        story.Play();
        return ExitCode.Ok;
    }
}
