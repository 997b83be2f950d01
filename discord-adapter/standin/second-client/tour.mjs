// The tour with discord.js: it registers a command, then answers whatever the stand-in sends. What is asserted stands in
// the test that starts this; here is only a bot as its library's guide would write it.

import {
  ActionRowBuilder, ButtonBuilder, ButtonStyle, Client, EmbedBuilder, Events, GatewayIntentBits, MessageFlags,
  ModalBuilder, SlashCommandBuilder, TextInputBuilder, TextInputStyle,
} from 'discord.js';

const { STANDIN_API: api, STANDIN_TOKEN: token, STANDIN_GUILD: guild } = process.env;

// One transparent pixel.
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

const command = new SlashCommandBuilder()
  .setName('tour')
  .setDescription('Everything that a bot does')
  .addStringOption(option =>
    option.setName('place').setDescription('Where to').setRequired(true).setAutocomplete(true));

const button = (id, label) =>
  new ActionRowBuilder().addComponents(new ButtonBuilder().setCustomId(id).setLabel(label).setStyle(ButtonStyle.Primary));

const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  allowedMentions: { parse: [] },
  rest: { api, timeout: 5_000 },
});

client.once(Events.ClientReady, async ready => {
  await ready.application.commands.set([command], guild);
});

client.on(Events.InteractionCreate, async interaction => {
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused();
    await interaction.respond([{ name: `${typed}, the harbour`, value: 'harbour' }]);
  } else if (interaction.isChatInputCommand()) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const embed = new EmbedBuilder().setTitle('Tour').setDescription(interaction.options.getString('place'));
    embed.setImage('attachment://map.png');
    await interaction.editReply({
      embeds: [embed],
      files: [{ attachment: picture, name: 'map.png', description: 'a map' }],
      components: [button('form', 'Fill in')],
    });
    await interaction.followUp({ content: 'and more', flags: MessageFlags.Ephemeral });
  } else if (interaction.isButton()) {
    const text = new TextInputBuilder().setCustomId('name').setLabel('Name').setStyle(TextInputStyle.Short);
    const modal = new ModalBuilder().setCustomId('named').setTitle('A name');
    await interaction.showModal(modal.addComponents(new ActionRowBuilder().addComponents(text)));
  } else if (interaction.isModalSubmit()) {
    await interaction.reply({ content: `hello ${interaction.fields.getTextInputValue('name')}` });
  }
});

client.on(Events.Error, error => console.error(error));

process.on('SIGTERM', async () => {
  await client.destroy();
  process.exit(0);
});

await client.login(token);
