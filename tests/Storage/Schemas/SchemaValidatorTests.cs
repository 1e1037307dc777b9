using System.Text;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Storage.Schemas;

namespace Omega.P2P.Storage.Tests.Schemas;

public sealed class SchemaValidatorTests
{
    /// <summary>Schema, metadata, and the pointer of the violation; null where there is none.</summary>
    [Theory]
    [InlineData("true", "{}", null)]
    [InlineData("false", "{}", "")]
    [InlineData("""{"required":["a"]}""", """{"a":1}""", null)]
    [InlineData("""{"required":["a"]}""", "{}", "/a")]
    [InlineData("""{"required":["a/b~c"]}""", "{}", "/a~1b~0c")]
    [InlineData("""{"properties":{"t":{"type":"number"}}}""", """{"t":"warm"}""", "/t")]
    [InlineData("""{"properties":{"t":{"type":["number","null"]}}}""", """{"t":null}""", null)]
    [InlineData("""{"properties":{"t":{"type":"integer"}}}""", """{"t":1.5}""", "/t")]
    [InlineData("""{"properties":{"t":{"type":"integer"}}}""", """{"t":2.0}""", null)]
    [InlineData("""{"properties":{"t":{"minimum":0,"maximum":9}}}""", """{"t":-0.1}""", "/t")]
    [InlineData("""{"properties":{"t":{"exclusiveMaximum":9}}}""", """{"t":9}""", "/t")]
    [InlineData("""{"properties":{"t":{"multipleOf":0.1}}}""", """{"t":0.3}""", null)]
    [InlineData("""{"properties":{"t":{"multipleOf":0.1}}}""", """{"t":0.35}""", "/t")]
    [InlineData("""{"properties":{"t":{"enum":["a",1,null]}}}""", """{"t":1}""", null)]
    [InlineData("""{"properties":{"t":{"enum":["a",1]}}}""", """{"t":"1"}""", "/t")]
    [InlineData("""{"properties":{"t":{"const":{"x":[1]}}}}""", """{"t":{"x":[1]}}""", null)]
    [InlineData("""{"properties":{"t":{"minLength":2}}}""", """{"t":"ü"}""", "/t")]
    [InlineData("""{"properties":{"t":{"maxLength":1}}}""", """{"t":"\uD83D\uDE00"}""", null)]
    [InlineData("""{"properties":{"t":{"pattern":"^a+$"}}}""", """{"t":"aab"}""", "/t")]
    [InlineData("""{"additionalProperties":false,"properties":{"a":true}}""", """{"a":1,"b":2}""", "/b")]
    [InlineData("""{"additionalProperties":{"type":"string"}}""", """{"b":2}""", "/b")]
    [InlineData("""{"patternProperties":{"^x":{"type":"string"}},"additionalProperties":false}""", """{"xa":2}""",
        "/xa")]
    [InlineData("""{"propertyNames":{"maxLength":2}}""", """{"abc":1}""", "/abc")]
    [InlineData("""{"minProperties":1}""", "{}", "")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", """{"a":1}""", "/b")]
    [InlineData("""{"dependentSchemas":{"a":{"required":["b"]}}}""", """{"a":1}""", "/b")]
    [InlineData("""{"properties":{"l":{"items":{"type":"string"}}}}""", """{"l":["a",2]}""", "/l/1")]
    [InlineData("""{"properties":{"l":{"prefixItems":[true,{"type":"string"}],"items":false}}}""",
        """{"l":[1,"a",3]}""", "/l/2")]
    [InlineData("""{"properties":{"l":{"items":[{"type":"string"}],"additionalItems":{"type":"null"}}}}""",
        """{"l":["a",3]}""", "/l/1")]
    [InlineData("""{"properties":{"l":{"uniqueItems":true}}}""", """{"l":[1,2,1.0]}""", "/l/2")]
    [InlineData("""{"properties":{"l":{"contains":{"const":3},"maxContains":1}}}""", """{"l":[3,3]}""", "/l")]
    [InlineData("""{"properties":{"l":{"minItems":1}}}""", """{"l":[]}""", "/l")]
    [InlineData("""{"allOf":[{"required":["a"]},{"required":["b"]}]}""", """{"a":1}""", "/b")]
    [InlineData("""{"anyOf":[{"required":["a"]},{"required":["b"]}]}""", """{"c":1}""", "")]
    [InlineData("""{"oneOf":[{"required":["a"]},{"required":["b"]}]}""", """{"a":1,"b":1}""", "")]
    [InlineData("""{"not":{"required":["a"]}}""", """{"a":1}""", "")]
    [InlineData("""{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}""", """{"a":1}""",
        "/b")]
    [InlineData("""{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}""", "{}", "/c")]
    [InlineData("""{"$defs":{"n":{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}}}},"$ref":"#/$defs/n"}""",
        """{"n":{"n":{"n":4}}}""", "/n/n/n")]
    [InlineData("""{"format":"email","title":"t","x-own":[1]}""", "{}", null)]
    public void MetadataIsChecked(string schema, string meta, string? pointer)
    {
        Assert.True(Compile(schema, out var compiled, out var refused), refused.ToString());
        var error = compiled!.Check(Map(meta));
        Assert.Equal(pointer, error?.Pointer);
        Assert.NotEqual("", error?.Message);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("{", "")]
    [InlineData("{} {}", "")]
    [InlineData("[]", "")]
    [InlineData("""{"title":"\uD800"}""", "")]
    [InlineData("""{"enum":[{"\uDC00":1}]}""", "")]
    [InlineData("""{"$ref":"https://example.org/schema.json"}""", "/$ref")]
    [InlineData("""{"properties":{"a":{"$ref":"other.json#/x"}}}""", "/properties/a/$ref")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "/$ref")]
    [InlineData("""{"$schema":"https://example.org/own"}""", "/$schema")]
    [InlineData("""{"properties":{"a":{"$id":"x"}}}""", "/properties/a/$id")]
    [InlineData("""{"unevaluatedProperties":false}""", "/unevaluatedProperties")]
    [InlineData("""{"$dynamicRef":"#a"}""", "/$dynamicRef")]
    [InlineData("""{"properties":{"a":{"pattern":"(a)\\1"}}}""", "/properties/a/pattern")]
    [InlineData("""{"pattern":"a(?=b)"}""", "/pattern")]
    [InlineData("""{"pattern":"["}""", "/pattern")]
    [InlineData("""{"pattern":"((a{100}){100}){100}"}""", "/pattern")]
    [InlineData("""{"patternProperties":{"(?<!x)y":true}}""", "/patternProperties")]
    [InlineData("""{"type":"text"}""", "/type")]
    [InlineData("""{"minLength":-1}""", "/minLength")]
    [InlineData("""{"minLength":99999999999}""", "/minLength")]
    [InlineData("""{"multipleOf":0}""", "/multipleOf")]
    [InlineData("""{"required":"a"}""", "/required")]
    [InlineData("""{"allOf":{}}""", "/allOf")]
    [InlineData("""{"properties":{"a":3}}""", "/properties/a")]
    [InlineData("""{"dependencies":{"a":["b"]}}""", "/dependencies")]
    public void SchemaThatCannotBeCheckedSafelyIsRefusedWithItsPlace(string schema, string pointer)
    {
        Assert.False(Compile(schema, out _, out var error));
        Assert.Equal(pointer, error.Pointer);
    }

    [Fact]
    public void CirclesAndDoublingsEnd()
    {
        Assert.True(Compile("""{"$ref":"#"}""", out var circle, out _));
        Assert.NotNull(circle!.Check(Map("{}")));
        var doubling = new StringBuilder("""{"$defs":{"d0":true""");
        for (var i = 1; i < 40; i++)
        {
            doubling.Append($$""","d{{i}}":{"allOf":[{"$ref":"#/$defs/d{{i - 1}}"},{"$ref":"#/$defs/d{{i - 1}}"}]}""");
        }

        doubling.Append("""},"not":{"not":{"$ref":"#/$defs/d39"}}}""");
        Assert.True(Compile(doubling.ToString(), out var wide, out _));
        Assert.NotNull(wide!.Check(Map("{}"))); // too much work is never a yes
    }

    [Fact]
    public void LargeAndDeepSchemasAreRefused()
    {
        Assert.False(Compile("{\"title\":\"" + new string('x', 70_000) + "\"}", out _, out _));
        var deep = string.Concat(Enumerable.Repeat("{\"not\":", 100)) + "true" + new string('}', 100);
        Assert.False(Compile(deep, out _, out _));
    }

    [Fact]
    public void EveryFlippedBitOfASchemaIsAValue()
    {
        var bytes = Encoding.UTF8.GetBytes(
            """{"type":"object","required":["a"],"properties":{"a":{"pattern":"^x{1,3}$","items":[true]}}}""");
        var meta = Map("""{"a":"xx","b":[1]}""");
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var flipped = bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            if (SchemaValidator.Instance.TryCompile(flipped, out var schema, out _))
            {
                schema.Check(meta);
            }
        }
    }

    private static bool Compile(string schema, out ISchema? compiled, out SchemaError error) =>
        SchemaValidator.Instance.TryCompile(Encoding.UTF8.GetBytes(schema), out compiled, out error);

    private static CborValue.Map Map(string json)
    {
        Assert.True(CborValue.FromJson(Encoding.UTF8.GetBytes(json), out var value, out var error), error.ToString());
        return Assert.IsType<CborValue.Map>(value);
    }
}
